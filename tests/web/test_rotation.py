"""`composer init --rotate-key` while everything runs: what was sent stays good, what comes is made with the new key, hashes stay."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col
from typer.testing import CliRunner

from composer.app import key_file
from composer.cli import build
from composer.cli._context import moment
from composer.domain.tokens import Purpose, Subject, make_token
from composer.pipeline.hooks import secret_of
from composer.store.backup import backup, restore
from composer.store.campaigns import make_edition
from composer.store.engine import writing
from composer.store.key_file import load_keys, rotate_keys
from composer.store.recipients import address_key
from composer.store.tables import EditionRow, OutboxRow
from tests.web.world import NOW, SCHEDULED, World

LATER = datetime(2090, 1, 1, tzinfo=UTC)


def test_after_a_rotation_old_links_work_new_ones_are_made_with_the_new_key_and_a_stolen_key_forges_none(
    world: World,
) -> None:
    config = world.app.settings.folder / "config.toml"
    config.write_text('[database]\nurl = "sqlite:///composer.db"\n')
    with writing(world.app.engine) as db:
        make_edition(db, world.weekly, LATER)
    before, old = world.token(Purpose.preferences), world.app.key
    reported_to = secret_of(world.app, "ses")
    hashed = address_key(world.app.key, "bob@example.com")
    coming = Subject(2, world.weekly, LATER)
    with world.client() as client:  # it runs on: nobody starts it again
        assert client.get(f"/p/{before}").status_code == 200
        said = CliRunner().invoke(build(), ["--config", str(config), "init", "--rotate-key", "--json"], catch_exceptions=False)
        since = json.loads(said.stdout)["key_in_force_from"]
        assert abs(datetime.fromisoformat(since) - moment(None)) < timedelta(minutes=2)
        file = key_file(world.app.settings)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert world.token(Purpose.preferences) == before, "letters that are tried again keep their bytes"
        for token in (before, make_token(world.app.keys, Purpose.preferences, coming)):
            assert client.get(f"/p/{token}").status_code == 200
        forged = make_token(old, Purpose.preferences, coming)
        assert forged != make_token(world.app.keys, Purpose.preferences, coming)
        assert client.get(f"/p/{forged}").status_code == 404
    assert secret_of(world.app, "ses") != reported_to
    assert world.app.key == old == load_keys(file).first
    assert address_key(world.app.key, "bob@example.com") == hashed == world.recipient(2).address_key


def test_an_edition_that_left_on_a_fixed_clock_keeps_its_key(world: World) -> None:
    config = world.app.settings.folder / "config.toml"
    config.write_text('[database]\nurl = "sqlite:///composer.db"\n')
    with writing(world.app.engine) as db:  # --now was next week
        db.execute(update(EditionRow).where(col(EditionRow.campaign) == world.weekly).values(scheduled=LATER))
        db.execute(update(OutboxRow).values(frozen=True))
    subject = Subject(2, world.weekly, LATER)
    sent = make_token(world.app.keys, Purpose.why, subject)
    said = CliRunner().invoke(build(), ["--config", str(config), "init", "--rotate-key"], catch_exceptions=False)
    assert "Older links stay good" in said.stdout
    assert make_token(world.app.keys, Purpose.why, subject) == sent


def test_a_ring_that_cannot_be_read_takes_no_key_away(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    file = key_file(world.app.settings)
    rotate_keys(file, NOW)
    ring = world.app.keys
    assert len(ring.later) == 1
    file.write_text("half of a li")
    assert world.app.keys == ring
    assert "keys_unreadable" in capsys.readouterr().err
    file.write_text("ab" * 32)  # another installation's
    assert world.app.keys == ring
    file.unlink()
    assert world.app.keys == ring


def test_a_backup_carries_the_ring_and_restoring_keeps_the_keys_of_both(world: World) -> None:
    file, saved = key_file(world.app.settings), world.app.settings.folder / "saved.zip"
    first = rotate_keys(file, SCHEDULED - timedelta(days=1)).later[0]
    backup(world.app.engine, world.app.keys, saved, NOW)
    assert world.token(Purpose.why) != make_token(world.app.key, Purpose.why, Subject(2, world.weekly, SCHEDULED))
    token = world.token(Purpose.why)
    file.write_text(world.app.key.hex())  # an older file: the key is known from the backup only
    second = rotate_keys(file, NOW).later[0]
    restore(world.app.engine, world.app.key, file, saved)
    assert load_keys(file).later == (first, second)
    file.unlink()
    restore(world.app.engine, None, file, saved)
    assert load_keys(file).later == (first,)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with world.client() as client:
        assert client.get(f"/w/{token}").status_code == 200
