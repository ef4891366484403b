"""Fewer letters, pauses and restrictions: at the plan, at the claim, before the DATA; two workers at once; the same person twice."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count, pairwise
from typing import Any

import pytest
from sqlalchemy import insert, update

from composer.app import App
from composer.domain.choices import FREQUENCIES
from composer.domain.consent import ConsentRow, State
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.domain.spacing import too_soon
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign
from composer.store.choices import save_frequency, save_pause
from composer.store.consents import append, bump_suppression_version
from composer.store.engine import writing
from composer.store.recipients import address_key, draw_key
from composer.store.tables import RecipientRow
from composer.transports import no_matter
from tests.path.by_hand import ByHand
from tests.path.conftest import at
from tests.path.rows import KEY, NOW, outbox, people
from tests.path.test_claim import Answering
from tests.path.together import claimed_together

DAY = timedelta(days=1)


def campaign(app: App, name: str, now: datetime = NOW, **keys: Any) -> None:
    with writing(app.engine) as db:
        create_campaign(db, {"name": name, "window": "now", "holdout": "none", **keys}, now)
    schedule(app, name, now)


def wish(app: App, frequency: str, *recipients: int) -> None:
    with writing(app.engine) as db:
        for number in recipients:
            save_frequency(db, number, frequency)


def ends(app: App) -> list[tuple[str, str]]:
    return [(row["state"], row["reason"]) for row in outbox(app.engine)]


async def test_who_asked_for_one_a_week_gets_the_next_on_the_same_weekday_and_none_before(installation: App) -> None:
    (one,) = people(installation.engine, 1)
    wish(installation, "weekly", one)
    for days in (0, 1, 6, 7):
        campaign(installation, f"day-{days}", NOW + timedelta(days=days, minutes=-days))
        await deliver(installation, at(NOW + timedelta(days=days, minutes=-days)), transport=Answering(Verdict.accepted))
    assert ends(installation) == [("accepted", ""), ("skipped", "asked for fewer"), ("skipped", "asked for fewer"), ("accepted", "")]


async def test_a_letter_that_may_have_arrived_counts_and_a_refused_one_does_not(installation: App) -> None:
    (one,) = people(installation.engine, 1)
    campaign(installation, "first")
    await deliver(installation, at(), transport=Answering(Verdict.refused))
    wish(installation, "monthly", one)
    campaign(installation, "second")
    await deliver(installation, at(), transport=Answering(Verdict.unknown))
    campaign(installation, "third")
    await deliver(installation, at(), transport=Answering())
    assert [state for state, _ in ends(installation)] == ["refused", "unknown", "skipped"]


async def test_a_pause_skips_what_would_leave_before_its_end(installation: App) -> None:
    paused, other = people(installation.engine, 2)
    campaign(installation, "planned-before")
    with writing(installation.engine) as db:
        save_pause(db, paused, NOW + 2 * DAY)
    campaign(installation, "planned-after")
    campaign(installation, "later", starts=(NOW + 2 * DAY).isoformat())
    transport = Answering(*[Verdict.accepted] * 4)
    await deliver(installation, at(), transport=transport)
    await deliver(installation, at(NOW + 2 * DAY), transport=transport)
    assert ends(installation)[::2] == [("skipped", "paused"), ("skipped", "paused"), ("accepted", "")]
    assert ends(installation)[1::2] == [("accepted", "")] * 3, other


async def test_who_is_restricted_gets_nothing(installation: App) -> None:
    people(installation.engine, 1)
    campaign(installation, "weekly")
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(restricted_at=NOW))
    await deliver(installation, at(), transport=Answering())
    assert ends(installation) == [("skipped", "their data are restricted")]


@pytest.mark.parametrize("wished", ["paused", "restricted"])
async def test_a_copy_that_may_be_out_already_is_not_followed_by_a_second_one(installation: App, wished: str) -> None:
    people(installation.engine, 1)
    campaign(installation, "weekly")
    await deliver(installation, at(), transport=Answering(Verdict.unknown))
    (row,) = outbox(installation.engine)
    values = {"paused_until": NOW + 9 * DAY} if wished == "paused" else {"restricted_at": NOW}
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(**values))
    await deliver(installation, at(row["due_at"]), transport=Answering())
    assert wished in ends(installation)[0][1]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"paused_until": NOW + DAY}, "paused"),
        ({"restricted_at": NOW}, "their data are restricted"),
        ({"paused_until": NOW}, ""),
    ],
)
async def test_a_wish_after_the_claim_holds_before_the_data(installation: App, values: dict[str, datetime], reason: str) -> None:
    people(installation.engine, 1)
    campaign(installation, "weekly")

    def ask(_: Message) -> None:
        with writing(installation.engine) as db:
            db.execute(update(RecipientRow).values(**values))
            bump_suppression_version(db)

    await deliver(installation, at(), transport=ByHand(ask))
    assert ends(installation) == [("skipped", reason) if reason else ("accepted", "")]


async def test_of_two_letters_under_way_one_leaves_when_fewer_are_asked_for_at_that_moment(installation: App) -> None:
    (one,) = people(installation.engine, 1)
    campaign(installation, "first")
    campaign(installation, "second")
    await deliver(installation, at(), transport=ByHand(lambda _: wish(installation, "monthly", one)))
    assert sorted(ends(installation)) == [("accepted", ""), ("skipped", "asked for fewer")]


async def test_who_was_imported_twice_is_one_reader(installation: App) -> None:
    """Two rows, two campaigns, one of each: the letters go to one address, and its wish counts both."""
    (one,) = people(installation.engine, 1)
    twin = {"recipient_id": "twin", "address": "R1@example.com", "address_key": address_key(KEY, "r1@example.com"), "language": "en"}
    with writing(installation.engine) as db:
        db.execute(insert(RecipientRow).values(**twin, time_zone="UTC", draw_key=draw_key("twin"), role="twin"))
        append(db, [(one + 1, ConsentRow("letters", State.granted, "import", NOW - DAY))], NOW)
        save_frequency(db, one, "fortnightly")
    campaign(installation, "first")
    campaign(installation, "second", NOW + DAY, audience={"role": ["twin"]})
    for days in (0, 1):
        await deliver(installation, at(NOW + days * DAY), transport=Answering(Verdict.accepted))
    assert ends(installation) == [("accepted", ""), ("skipped", "same address"), ("skipped", "asked for fewer")]


def test_two_workers_that_claim_two_campaigns_at_once_keep_the_distance(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = people(installation.engine, 5)
    wish(installation, "weekly", *numbers)
    campaign(installation, "one")
    campaign(installation, "two")
    assert sorted(claimed_together(installation, monkeypatch)) == [0, 5]


async def test_no_two_workers_ever_send_two_letters_nearer_than_asked_for(installation: App) -> None:
    """Two runs at once, several campaigns, answers of every kind, and people who change their minds while letters leave."""
    turn = count()

    def pick(choices: Sequence[Any]) -> Any:
        return choices[int.from_bytes(sha256(f"course of events {next(turn)}".encode()).digest()[:4]) % len(choices)]

    numbers = people(installation.engine, 5)
    wishes, since, hour = ("", *FREQUENCIES), dict[int, tuple[str, datetime]](), NOW

    def change(_: Message) -> None:
        if pick((True, False, False)):
            ask(pick(numbers), pick(wishes))

    def ask(number: int, frequency: str) -> None:
        wish(installation, frequency, number)
        since[number] = (frequency, hour)

    class Odd(ByHand):
        async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Any = no_matter) -> Outcome:
            outcome = await super().send(message, still_wanted, begun)
            verdict = pick((Verdict.accepted, Verdict.accepted, Verdict.try_later, Verdict.refused))
            return outcome if outcome.verdict is Verdict.withdrawn else Outcome(verdict, 451)

    for number in numbers:
        ask(number, pick(wishes[1:]))
    for step, days in enumerate((0, 0, 7, 2, 9, 6)):
        hour += timedelta(days=days, hours=pick(range(9)))
        for name in ("a", "b")[: 2 - step % 2]:
            campaign(installation, f"{name}-{step}", hour)
        await asyncio.gather(*(deliver(installation, at(hour), transport=Odd(change)) for _ in range(2)))
    sent: defaultdict[int, list[int]] = defaultdict(list)
    for row in outbox(installation.engine):
        if row["state"] == "accepted":
            sent[row["recipient"]].append(int(row["accepted_at"].timestamp()))
    assert any(len(times) > 1 for times in sent.values())
    for number, (frequency, wished) in since.items():
        for last, leaves in pairwise(sorted(sent[number])):
            if leaves > wished.timestamp():  # what left in the second of the wish may have left before it
                assert not too_soon(frequency, last, leaves, UTC)
