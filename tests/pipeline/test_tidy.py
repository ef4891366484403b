"""A round of tidying: every setting of [retention] changes what is deleted, and backups forget whom the database forgot."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from composer.app import App
from composer.config import Retention
from composer.pipeline.backups import clean_backups, listed, make_backup
from composer.pipeline.forgetting import forget
from composer.pipeline.tidy import Tidied, tidy
from composer.store.backup import restore
from composer.store.consents import lift
from composer.store.engine import reading, sqlite_file, writing
from composer.store.privacy import erase
from composer.store.recipients import address_key, find_recipient
from composer.store.scrub import files_of, found_in, scrub_due
from composer.store.tables import ConsentLedgerRow, OutboxRow, RecipientRow, ServiceLetterRow
from tests.store._people import DAY, KEY, NOW, world

YEARS = timedelta(days=3000)


@pytest.fixture
def old(app: App) -> App:
    """An installation in which everything happened some days before NOW, and nothing is kept by [retention]."""
    with writing(app.engine) as db:
        world(db)
        erase(db, 2, app.key, NOW)
        db.execute(update(OutboxRow).values(state="accepted"))
        db.execute(update(ConsentLedgerRow).values(state="withdrawn", recorded_at=NOW - DAY))
        db.execute(update(ServiceLetterRow).values(expires_at=NOW, done_at=NOW))
    never = dict.fromkeys(Retention.model_fields)
    app.settings = app.settings.model_copy(update={"retention": Retention.model_validate(never)})
    return app


def kept_for(app: App, **spans: timedelta) -> App:
    section = app.settings.retention.model_copy(update=spans)
    return replace(app, settings=app.settings.model_copy(update={"retention": section}))


def test_nothing_is_deleted_where_everything_is_kept(old: App) -> None:
    assert tidy(old, NOW + YEARS) == Tidied(mails=1)


@pytest.mark.parametrize(
    ("setting", "field"),
    [("events", "events"), ("letters", "letters"), ("consents", "proofs"), ("signups", "signups"), ("tombstones", "tombstones")],
)
def test_a_setting_decides_what_is_deleted_and_when(old: App, setting: str, field: str) -> None:
    app = kept_for(old, **{setting: timedelta(days=20)})
    assert getattr(tidy(app, NOW + 5 * DAY), field) == 0
    done = tidy(app, NOW + 30 * DAY)
    assert getattr(done, field) > 0
    assert replace(done, mails=0, **{field: 0}) == Tidied(), "and nothing else is touched"
    assert getattr(tidy(app, NOW + 30 * DAY), field) == 0


def test_a_backup_is_deleted_when_its_time_is_over(old: App, tmp_path: Path) -> None:
    file, app = tmp_path / "b.zip", kept_for(old, backups=10 * DAY)
    assert make_backup(app, file, NOW) == NOW + 10 * DAY
    assert tidy(app, NOW + 9 * DAY).backups == 0
    assert file.exists()
    assert tidy(app, NOW + 10 * DAY).backups == 1
    assert not file.exists()
    assert listed(app) == []


def test_another_file_in_a_backups_place_is_left_alone(old: App, tmp_path: Path) -> None:
    file, app = tmp_path / "b.zip", kept_for(old, backups=10 * DAY)
    make_backup(app, file, NOW)
    file.write_bytes(b"something of the operator's own")
    assert tidy(app, NOW + 10 * DAY).backups == 0
    assert file.exists()
    assert listed(app) == []


def test_a_backup_that_was_moved_away_is_struck_off_and_one_on_a_disk_that_is_away_is_not(old: App, tmp_path: Path) -> None:
    here, disk = tmp_path / "b.zip", tmp_path / "disk"
    disk.mkdir()
    make_backup(old, here, NOW)
    make_backup(old, disk / "c.zip", NOW)
    here.rename(tmp_path / "moved.zip")
    disk.rename(tmp_path / "away")
    tidy(old, NOW)
    assert [backup.file for backup in listed(old)] == [disk / "c.zip"]


def test_who_is_erased_is_erased_in_backups_too(app: App, tmp_path: Path) -> None:
    app = replace(app, key=KEY)
    with writing(app.engine) as db:
        world(db)
    file, again = tmp_path / "b.zip", tmp_path / "out"
    make_backup(app, file, NOW)
    assert "Ann-Secret" in unpacked(file, again)
    forget(app, [1], NOW + DAY)
    assert tidy(app, NOW + 2 * DAY).in_backups == 1
    held = unpacked(file, again)
    assert [word for word in ("Ann-Secret", "ann.personal@example.com", "customer-ann") if word in held] == []
    assert "bo@example.com" in held
    assert clean_backups(app, NOW + 3 * DAY) == 0
    restored = restore(app.engine, app.key, tmp_path / "secret.key", file)
    assert restored.made_at == NOW.isoformat()
    with reading(app.engine) as db:
        assert find_recipient(db, "customer-ann") is None
        assert find_recipient(db, "bo") is not None
    assert [backup.file for backup in listed(app)] == [file], "the list outlives a restore"


def test_who_had_another_address_in_the_backup_is_erased_in_it_too(app: App, tmp_path: Path) -> None:
    app = replace(app, key=KEY)
    with writing(app.engine) as db:
        world(db)
    make_backup(app, tmp_path / "b.zip", NOW)
    with writing(app.engine) as db:
        new = {"address": "ann.new@example.com", "address_key": address_key(KEY, "ann.new@example.com")}
        db.execute(update(RecipientRow).where(RecipientRow.number == 1).values(**new))  # type: ignore[arg-type]
    forget(app, [1], NOW + DAY)
    assert clean_backups(app, NOW + 2 * DAY) == 1
    assert "Ann-Secret" not in unpacked(tmp_path / "b.zip", tmp_path / "out")


def unpacked(file: Path, folder: Path) -> str:
    with zipfile.ZipFile(file) as packed:
        packed.extract("composer.db", folder)
    return (folder / "composer.db").read_bytes().decode("latin-1")


def test_a_backup_made_after_an_erasure_is_left_as_it_is(app: App, tmp_path: Path) -> None:
    app = replace(app, key=KEY)
    with writing(app.engine) as db:
        world(db)
    forget(app, [1], NOW)
    make_backup(app, tmp_path / "b.zip", NOW + DAY)
    before = (tmp_path / "b.zip").stat().st_mtime_ns
    assert clean_backups(app, NOW + 2 * DAY) == 0
    assert (tmp_path / "b.zip").stat().st_mtime_ns == before


def test_a_damaged_backup_is_told_and_tried_again(app: App, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with writing(app.engine) as db:
        world(db)
    make_backup(app, tmp_path / "b.zip", NOW)
    (tmp_path / "b.zip").write_bytes(b"half")
    forget(app, [1], NOW + DAY)
    assert clean_backups(app, NOW + 2 * DAY) == 0
    assert "backup_not_cleaned" in capfd.readouterr().err
    assert listed(app)[0].clean == NOW


def test_what_a_killed_backup_left_is_deleted_and_one_under_way_is_not(app: App, tmp_path: Path) -> None:
    left, busy = tmp_path / ".backup-old", tmp_path / ".backup-new"
    for folder in (left, busy):
        folder.mkdir()
        (folder / "composer.db").write_bytes(b"everybody")
    when = (NOW - 2 * DAY).timestamp()
    os.utime(left, (when, when))
    os.utime(busy, (NOW.timestamp(), NOW.timestamp()))
    tidy(app, NOW)
    assert (left.exists(), busy.exists()) == (False, True)


def test_a_letter_that_was_being_written_when_its_person_was_erased_goes_too(app: App) -> None:
    app = replace(app, key=KEY)
    with writing(app.engine) as db:
        world(db)
    forget(app, [1], NOW)
    folder = app.settings.path(app.settings.delivery.folder)
    folder.mkdir(parents=True)
    for name, address in (("a", "ann.personal@example.com"), ("b", "bo@example.com")):
        (folder / f"{name}.eml").write_text(f"To: {address}\r\n\r\nHello")
    tidy(app, NOW + timedelta(hours=1))
    assert [file.name for file in folder.iterdir()] == ["b.eml"]


def test_letters_to_somebody_who_came_back_stay(app: App) -> None:
    app = replace(app, key=KEY)
    with writing(app.engine) as db:
        world(db)
    forget(app, [1], NOW)
    with writing(app.engine) as db:
        lift(db, address_key(KEY, "ann.personal@example.com"), NOW)
    folder = app.settings.path(app.settings.delivery.folder)
    folder.mkdir(parents=True)
    (folder / "a.eml").write_text("To: ann.personal@example.com\r\n\r\nHello")
    tidy(app, NOW + timedelta(hours=1))
    assert [file.name for file in folder.iterdir()] == ["a.eml"]


def test_the_file_is_written_anew_once_after_an_erasure(app: App) -> None:
    with writing(app.engine) as db:
        world(db)
    assert forget(app, [1], NOW).clean
    with writing(app.engine) as db:
        db.execute(update(OutboxRow).values(state="sending"))
        assert not scrub_due(app.engine, db, NOW), "while letters leave, nobody is kept from writing"
        assert scrub_due(app.engine, db, NOW + 2 * DAY), "but not for ever"
        db.execute(update(OutboxRow).values(state="accepted"))
        assert scrub_due(app.engine, db, NOW)
    tidy(app, NOW)
    with reading(app.engine) as db:
        assert not scrub_due(app.engine, db, NOW + 2 * DAY)
    assert not found_in(files_of(app.engine), [b"ann.personal", b"Ann-Secret"])
    assert sqlite_file(app.engine).exists()
