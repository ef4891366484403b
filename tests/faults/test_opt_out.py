"""Whoever leaves while a letter is on its way: after the answer no DATA begins, and nothing erased turns up again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

import composer.pipeline.interlock as interlock
from composer.app import App
from composer.domain.choices import Wish
from composer.domain.level import Level
from composer.domain.tokens import Subject
from composer.pipeline.deliver import deliver
from composer.pipeline.preferences import save, unsubscribe
from composer.store.campaigns import editions_of, get_campaign
from composer.store.engine import writing
from composer.store.recipients import find_recipient
from tests.faults.conftest import Install
from tests.faults.installation import Installation, addresses
from tests.faults.opt_out import LATENCY, RACES, race
from tests.faults.server import Server, Terms
from tests.path.by_hand import ByHand
from tests.path.conftest import at, installation, library, planned  # noqa: F401 - fixtures
from tests.path.rows import NOW, states


async def test_200_opt_outs_race_with_their_letters_and_no_data_begins_after_the_answer(installed: Install) -> None:
    people = addresses(RACES)
    raced = await race(installed(people), people, seed=1)
    assert (raced.broken, raced.failed) == ((), ())
    assert raced.races == RACES
    assert raced.stopped > 5  # else the races were none
    assert raced.overtaken > 5
    assert raced.states == {"accepted": RACES - raced.stopped, "skipped": raced.stopped}


async def test_an_opt_out_that_is_committed_during_the_look_is_seen(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The look at many letters takes its time; what it missed was 113 ms late in the races."""
    (number,) = planned(installation, 1)
    real, left = interlock.objections, []

    def slow(*given: object) -> dict[int, str]:
        found = real(*given)
        if not left:
            left.append(number)
            with writing(installation.engine) as db:
                assert unsubscribe(db, _subject(db, number), NOW)
        return found

    monkeypatch.setattr(interlock, "objections", slow)
    transport = ByHand(lambda _: None)
    await deliver(installation, at(), transport=transport)
    assert (transport.taken, left, states(installation)) == ([], [number], {"skipped": 1})


AHEAD, LEAVERS = 5, 9


async def test_erasure_withdrawal_by_import_and_a_lower_level_hold_for_letters_planned_already(installed: Install, tmp_path: Path) -> None:
    """Each leaves once a letter a few places before theirs is on its way; what was answered by then, their letter obeys."""
    people = [f"veikko{place}.virtanen@example.com" for place in range(1, 46)]
    made = installed(people, smtp={"connections": 2})
    ways: dict[str, Callable[[str], None]] = {
        "erased": partial(_erase, made),
        "withdrawn": partial(_import, made, tmp_path),
        "lowered": partial(_lower, made),
    }
    ended: dict[str, dict[str, float]] = {name: {} for name in ways}
    async with Server(Terms(latency=2 * LATENCY)) as server:

        async def leave() -> None:
            for turn in range(LEAVERS):
                while len(server.seen) <= 3 * turn:  # noqa: ASYNC110 - the server tells by its list
                    await asyncio.sleep(0.001)
                name, address = list(ways)[turn % len(ways)], people[len(server.seen) + AHEAD * (turn % 2)]
                await asyncio.to_thread(ways[name], address)
                ended[name][address] = time.monotonic()

        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        leaver = asyncio.create_task(leave())
        done = await asyncio.to_thread(made.run, "send", "--due")
        assert done.returncode == 0, done.stderr
        await leaver
        began = {letter.recipient: letter.data_at for letter in server.taken}
    assert [len(times) for times in ended.values()] == [LEAVERS // 3] * 3
    gone = {**ended["erased"], **ended["withdrawn"]}
    assert [address for address, at in gone.items() if began.get(address, 0) > at] == []
    assert gone.keys() - began.keys()  # else nobody left in time, and nothing was tested
    rows = {row["address"]: row for row in made.outbox()}
    assert all(rows[address]["state"] == "skipped" for address in ended["withdrawn"].keys() - began.keys())
    assert [address for address, at in ended["lowered"].items() if began[address] > at and rows[address]["level"] != "none"] == []
    assert [address for address in rows if "@" in address and address not in gone and rows[address]["state"] != "accepted"] == []
    _in_no_later_file(made, tmp_path, list(ended["erased"]))


def _erase(made: Installation, address: str) -> None:
    assert made.here("recipient", "erase", address).exit_code == 0


def _import(made: Installation, folder: Path, address: str) -> None:
    file = folder / "withdrawn.csv"
    name = next(row["recipient_id"] for row in made.outbox() if row["address"] == address)
    file.write_text(f"recipient_id,purpose,state,source\n{name},letters,withdrawn,form\n")
    assert made.here("import", "consents", str(file)).exit_code == 0


def _lower(made: Installation, address: str) -> None:
    app = made.open()
    with writing(app.engine) as db:
        number = find_recipient(db, address)
        assert number is not None
        assert save(db, _subject(db, number), Wish(Level.none, "", frozenset(), frozenset(), {}), "test", NOW)
    app.close()


def _subject(db: Connection, number: int) -> Subject:
    campaign = get_campaign(db, "weekly")
    (edition,) = editions_of(db, campaign.number)
    return Subject(number, campaign.number, edition.scheduled)


def _in_no_later_file(made: Installation, folder: Path, erased: list[str]) -> None:
    (folder / "monthly.toml").write_text('name = "monthly"\nwindow = "now"\n')
    assert made.here("campaign", "create", str(folder / "monthly.toml")).exit_code == 0
    told = [
        made.here(*words).stdout for words in (("plan", "monthly", "--json"), ("outbox", "list", "--json"), ("report", "weekly", "--json"))
    ]
    assert all(told)
    if (made.folder / "composer.db").exists():
        assert made.here("backup", str(made.folder / "backup.db")).exit_code == 0
    written = {file.name: file.read_bytes() for file in made.folder.rglob("*") if file.is_file()}
    for address in erased:
        assert not any(address in text for text in told)
        assert [name for name, data in written.items() if address.encode() in data] == []
