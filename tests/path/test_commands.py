"""The commands that deliver and look at the outbox, as scripts use them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from composer.app import App
from composer.cli import build
from composer.domain.lifecycle import Step
from composer.domain.message import Message
from composer.domain.outcome import Outcome
from composer.domain.service_letter import Kind
from composer.errors import ComposerError, Refused, UsageError
from composer.pipeline.service_letters import queue
from composer.store.campaigns import get_campaign, take_step
from composer.store.engine import writing
from composer.transports import no_matter
from tests.path.conftest import REPOSITORY, planned
from tests.path.rows import NOW, outbox
from tests.path.test_deliver import ByHand


@pytest.fixture
def configured(app: App, tmp_path: Path) -> Path:
    """A configuration file of an installation that writes its letters into a folder, with three letters due."""
    planned(app, 3)
    file = tmp_path / "config.toml"
    file.write_text(
        f'[database]\nurl = "sqlite:///composer.db"\n[delivery]\ntransport = "folder"\nfolder = "letters"\n'
        f'[library]\nmodules = "{REPOSITORY}/modules"\ntemplates = "{REPOSITORY}/templates"\n'
    )
    return file


def composer(file: Path, *words: str) -> Result:
    return CliRunner().invoke(build(), ["--config", str(file), *words])


def answer(file: Path, *words: str) -> Any:
    result = composer(file, *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_send_delivers_what_is_due_and_tells_how_it_went(configured: Path, tmp_path: Path) -> None:
    told = answer(configured, "send", "--due", "--limit", "2", "--now", NOW.isoformat(), "--json")
    others = ("try_later", "refused", "skipped", "expired", "unknown", "planned", "under_way")
    assert told == {
        "accepted": 2,
        "service": {},
        **dict.fromkeys((*others, "put_back"), 0),
        **dict.fromkeys(("guarded", "paused", "stopped"), ""),
    }
    assert len(list((tmp_path / "letters").glob("*.eml"))) == 2
    assert composer(configured, "send", "--now", NOW.isoformat()).stdout == "1 accepted\n"
    assert composer(configured, "send", "--now", NOW.isoformat()).stdout == "Nothing was due.\n"


def test_the_outbox_is_listed_one_json_object_a_line(configured: Path) -> None:
    composer(configured, "send", "--limit", "1", "--now", NOW.isoformat())
    lines = [json.loads(line) for line in composer(configured, "outbox", "list", "--campaign", "weekly", "--json").stdout.splitlines()]
    assert [(line["recipient"], line["state"], line["attempts"]) for line in lines] == [
        ("r1", "accepted", 1),
        ("r2", "planned", 0),
        ("r3", "planned", 0),
    ]
    assert {"recipient", "state", "message_id", "send_at", "attempts", "reason"} <= set(lines[0])
    assert lines[0]["send_at"] == "2026-03-02T09:00:00Z"
    only = composer(configured, "outbox", "list", "--state", "planned").stdout.splitlines()
    assert [line.split()[0] for line in only] == ["r2", "r3"]


def test_resolving_tells_how_many(configured: Path) -> None:
    assert answer(configured, "outbox", "resolve", "--campaign", "weekly", "--json") == {"resolved": 0, "as": "accepted", "message_ids": []}


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        (("outbox", "list", "--state", "gone"), UsageError, "there is no state 'gone'"),
        (("outbox", "resolve", "--as", "lost"), UsageError, "there is no fate 'lost'"),
        (("outbox", "resolve", "--state", "planned"), UsageError, "letters that are planned need no resolving"),
        (("outbox", "list", "--campaign", "another"), ComposerError, "no campaign named 'another'"),
    ],
)
def test_wrong_words_are_refused_with_the_ones_that_are_known(configured: Path, words: tuple[str, ...], kind: type, text: str) -> None:
    result = composer(configured, *words)
    assert isinstance(result.exception, kind)
    assert text in str(result.exception)


def test_trouble_with_tls_ends_with_the_cause_and_exit_code_1(app: App, configured: Path) -> None:
    configured.write_text(configured.read_text().replace('"folder"', '"smtp"') + "[smtp]\nport = 1\n")
    result = composer(configured, "send", "--now", NOW.isoformat())
    assert result.exit_code == 0, "a server that is down is no failure until the breaker opens"
    assert result.stdout == "3 not sent, still waiting\n"
    configured.write_text(configured.read_text().replace("[delivery]", "[delivery]\nbreaker = 1"))
    later = NOW.replace(hour=10).isoformat()
    result = composer(configured, "send", "--now", later)
    assert isinstance(result.exception, ComposerError)
    assert "met no server: no connection" in str(result.exception)


def test_a_provider_with_a_pace_is_told_of(configured: Path) -> None:
    configured.write_text(configured.read_text() + '[manners]\nproviders = ["example.com 1/h"]\n')
    told = composer(configured, "send", "--now", NOW.isoformat()).stdout
    assert told == "1 accepted, 2 put back\nLetters wait for their turn: 'composer outbox providers' tells where and why.\n"
    (line,) = composer(configured, "outbox", "providers", "--now", NOW.isoformat()).stdout.splitlines()
    assert line == "example.com              letters wait in line for its pace, until 2026-03-02 11:00:00 UTC"
    (row,) = [
        json.loads(text) for text in composer(configured, "outbox", "providers", "--now", NOW.isoformat(), "--json").stdout.splitlines()
    ]
    assert (row["provider"], row["pace"], row["connections"], row["left_today"]) == ("example.com", "1/h", None, None)
    later = NOW.replace(hour=12).isoformat()
    assert composer(configured, "outbox", "providers", "--now", later).stdout.startswith("example.com              as usual")


def test_a_send_whose_campaign_a_guard_has_halted_exits_with_three(configured: Path, app: App) -> None:
    planned_more = composer(configured, "send", "--limit", "2", "--now", NOW.isoformat())
    assert planned_more.exit_code == 0
    with writing(app.engine) as db:
        take_step(db, get_campaign(db, "weekly").number, Step.pause, "guard: 3 complaints of 50 letters")
    result = composer(configured, "send", "--now", NOW.isoformat())
    assert isinstance(result.exception, Refused)
    assert result.exception.exit_code == 3
    assert "weekly: guard: 3 complaints of 50 letters" in str(result.exception)
    composer(configured, "campaign", "resume", "weekly")
    assert composer(configured, "send", "--now", NOW.isoformat()).stdout == "1 accepted\n"


class Stopping(ByHand):
    """Tells its own process to stop while it sends."""

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(3):
            await asyncio.sleep(0)  # the loop hears of the signal between two rounds
        return await super().send(message, still_wanted, begun)


def test_a_send_that_is_told_to_stop_keeps_no_letter_to_itself(configured: Path, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    route = Stopping(lambda _: None)
    monkeypatch.setattr("composer.transports.open_transport", lambda _: route)
    result = composer(configured, "send", "--now", NOW.isoformat())
    assert (result.exit_code, len(route.taken)) == (0, 1)
    assert sorted(row["state"] for row in outbox(app.engine)) == ["accepted", "planned", "planned"]


def test_send_says_what_became_of_confirmations(configured: Path, app: App) -> None:
    with writing(app.engine) as db:
        queue(db, app, Kind.confirm, "ann@example.com", None, {}, NOW)
        queue(db, app, Kind.confirm, "bob@example.com", None, {}, NOW)
    told = composer(configured, "send", "--now", NOW.isoformat()).stdout
    assert told == "Confirmations and notices that people asked for: 2 accepted.\n3 accepted\n"
    assert composer(configured, "send", "--now", NOW.isoformat()).stdout == "Nothing was due.\n"
