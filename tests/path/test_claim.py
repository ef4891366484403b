"""The claim decides with the data of its own second: at the first attempt, at every retry, and however late it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from composer.app import App
from composer.dispatch.states import OTHER_BYTES
from composer.domain.campaign import CampaignState
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.campaigns import change_state
from composer.pipeline.claiming import LATE, NO_HOUR, Claims
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.pipeline.preview import preview
from composer.pipeline.resolving import Fate, resolve
from composer.store.campaigns import create_campaign, get_campaign
from composer.store.engine import reading, writing
from composer.store.tables import ProductRow, RecipientRow
from composer.transports import no_matter
from tests.path.by_hand import ByHand
from tests.path.conftest import at, delivering, planned
from tests.path.rows import NOW, outbox, people
from tests.path.test_breaks import end_leases
from tests.store._people import put

OFFICE = {"days": "Mon-Fri", "hours": "08:00-18:00"}
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Answering(ByHand):
    """Takes letters and answers each with the next verdict."""

    def __init__(self, *verdicts: Verdict) -> None:
        super().__init__(lambda _: None)
        self.verdicts = list(verdicts)

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Any = no_matter) -> Outcome:
        verdict = self.verdicts.pop(0)
        if not still_wanted():
            return Outcome(Verdict.withdrawn)
        if verdict in (Verdict.accepted, Verdict.unknown):
            await begun()
            self.taken.append(message)
        return Outcome(verdict, 451 if verdict is Verdict.try_later else 0, "words")


def modules(row: Any) -> list[str]:
    return [block["module"] for block in json.loads(row["decision"])["blocks"]]


async def again(app: App, transport: ByHand) -> Any:
    """Deliver at the one letter's next due time; return its row."""
    (row,) = outbox(app.engine)
    await deliver(app, at(row["due_at"]), transport=transport)
    (row,) = outbox(app.engine)
    return row


async def test_what_sold_out_or_was_withdrawn_between_two_attempts_is_honoured(installation: App) -> None:
    with writing(installation.engine) as db:
        put(db, ProductRow, product_id="P-1", category="Payroll", in_stock=True)
    planned(installation, 1, pinned=["feature/payroll-dry-run"], policy={"explore": 0})
    transport = Answering(Verdict.try_later, Verdict.accepted)
    await deliver(installation, at(), transport=transport)
    (row,) = outbox(installation.engine)
    assert modules(row)[0] == "feature/payroll-dry-run"
    with writing(installation.engine) as db:
        db.execute(update(ProductRow).values(in_stock=False))
        db.execute(update(RecipientRow).values(company="Another Company"))
    shown = preview(installation, "r1", "weekly", row["due_at"]).message
    row = await again(installation, transport)
    assert row["state"] == "accepted"
    assert "feature/payroll-dry-run" not in modules(row)
    assert [message.data for message in transport.taken] == [shown.data if shown else b""]


async def test_a_letter_put_off_that_no_input_moves_leaves_with_the_same_bytes(installation: App) -> None:
    planned(installation, 1)
    transport = Answering(Verdict.try_later, Verdict.try_later, Verdict.accepted)
    before = preview(installation, "r1", "weekly", NOW).message
    await deliver(installation, at(), transport=transport)
    for _ in range(2):
        await again(installation, transport)
    assert [message.data for message in transport.taken] == [before.data if before else b""]


async def test_a_letter_put_off_after_its_body_is_decided_anew_too(installation: App) -> None:
    class PutOff(Answering):
        async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Any = no_matter) -> Outcome:
            await begun()
            return await super().send(message, still_wanted)

    planned(installation, 1)
    delivering(installation, never_twice=True)  # what was begun is on disk before the answer comes
    transport = PutOff(Verdict.try_later, Verdict.accepted)
    await deliver(installation, at(), transport=transport)
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(first_name="Another", company="Another"))
    (row,) = outbox(installation.engine)
    shown = preview(installation, "r1", "weekly", row["due_at"]).message
    assert (await again(installation, transport))["state"] == "accepted"
    assert [message.data for message in transport.taken] == [shown.data if shown else b""]


async def test_a_letter_in_doubt_leaves_with_the_same_bytes_whatever_changed(installation: App) -> None:
    planned(installation, 1)
    transport = Answering(Verdict.unknown, Verdict.accepted)
    await deliver(installation, at(), transport=transport)
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(first_name="Another", company="Another"))
    assert (await again(installation, transport))["state"] == "accepted"
    first, second = transport.taken
    assert first.data == second.data


async def test_a_letter_in_doubt_whose_bytes_would_differ_is_held_for_a_person(installation: App) -> None:
    planned(installation, 1)
    transport = Answering(Verdict.unknown, Verdict.accepted)
    await deliver(installation, at(), transport=transport)
    sender = installation.settings.sender.model_copy(update={"name": "Renamed Company"})
    installation.settings = installation.settings.model_copy(update={"sender": sender})
    row = await again(installation, transport)
    assert (row["state"], row["due_at"], row["in_doubt"]) == ("unknown", None, 1)
    assert row["reason"] == f"no answer after the body, then: {OTHER_BYTES}"
    assert len(transport.taken) == 1
    assert len(resolve(installation, "weekly", Fate.again, NOW)) == 1
    assert (await again(installation, transport))["state"] == "accepted"
    assert b"Renamed Company" in transport.taken[1].data


async def dies(app: App) -> None:
    """A sender claims the letter and is never heard of again."""
    Claims(app, "dead").take(NOW, 1)
    end_leases(app.engine)


@pytest.mark.parametrize("never_twice", [False, True])
async def test_a_letter_whose_sender_died_leaves_with_the_same_bytes_unless_surely_none_left(installation: App, never_twice: bool) -> None:
    planned(installation, 1)
    delivering(installation, never_twice=never_twice)
    before = preview(installation, "r1", "weekly", NOW).message
    await dies(installation)
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(company="Another Company", role="director", stage="customer"))
    transport = Answering(Verdict.try_later, Verdict.accepted)
    await deliver(installation, at(), transport=transport)
    await again(installation, transport)
    (sent,) = transport.taken
    assert before is not None
    assert (sent.data == before.data) == (not never_twice)


async def test_what_sold_out_before_a_dead_sender_was_found_is_not_shown_all_the_same(installation: App) -> None:
    with writing(installation.engine) as db:
        put(db, ProductRow, product_id="P-1", category="Payroll", in_stock=True)
    planned(installation, 1, pinned=["feature/payroll-dry-run"], policy={"explore": 0})
    await dies(installation)
    assert modules(outbox(installation.engine)[0])[0] == "feature/payroll-dry-run"
    with writing(installation.engine) as db:
        db.execute(update(ProductRow).values(in_stock=False))
    await deliver(installation, at(), transport=Answering(Verdict.accepted))
    assert "feature/payroll-dry-run" not in modules(outbox(installation.engine)[0])


async def test_the_digest_is_on_disk_while_the_body_is_under_way(installation: App) -> None:
    planned(installation, 1)
    seen: list[tuple[int, int]] = []

    class Slow(ByHand):
        async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Any = no_matter) -> Outcome:
            await begun()
            while not (row := outbox(installation.engine)[0])["in_doubt"]:  # noqa: ASYNC110 - another task writes, and tells nobody
                await asyncio.sleep(0.001)
            seen.append((row["in_doubt"], len(row["digest"])))
            return Outcome(Verdict.accepted, 250)

    await deliver(installation, at(), transport=Slow(lambda _: None))
    assert seen == [(1, 32)]


def evening(app: App, **keys: Any) -> None:
    """A letter for somebody in Helsinki, planned for Monday 11:00 of their clock."""
    people(app.engine, 1)
    with writing(app.engine) as db:
        db.execute(update(RecipientRow).values(time_zone="Europe/Helsinki"))
        create_campaign(db, {"name": "weekly", "window": OFFICE, "holdout": "none", "policy": {"explore_hour": 0}, **keys}, MONDAY)
    schedule(app, "weekly", MONDAY)


@pytest.mark.parametrize(
    ("late", "leaves"),
    [
        (timedelta(hours=1), None),  # Monday 12:00: inside
        (timedelta(hours=7), datetime(2026, 3, 3, 6, tzinfo=UTC)),  # Monday 18:00: on Tuesday at 08:00
        (timedelta(days=5), datetime(2026, 3, 9, 6, tzinfo=UTC)),  # Saturday: on Monday
    ],
)
async def test_a_late_letter_waits_for_its_own_window(installation: App, late: timedelta, leaves: datetime | None) -> None:
    evening(installation)
    await deliver(installation, at(MONDAY + late), transport=Answering(Verdict.accepted))
    (row,) = outbox(installation.engine)
    assert (row["state"], row["due_at"]) == (("accepted", None) if leaves is None else ("planned", leaves))
    assert row["send_at"] == MONDAY
    if leaves is not None:
        assert (await again(installation, Answering(Verdict.accepted)))["state"] == "accepted"


async def test_a_late_letter_whose_window_comes_too_late_expires_at_once(installation: App) -> None:
    evening(installation, expires="12h")
    await deliver(installation, at(MONDAY + timedelta(hours=8)), transport=Answering())
    (row,) = outbox(installation.engine)
    assert (row["state"], row["reason"], row["due_at"]) == ("expired", NO_HOUR, None)


@pytest.mark.parametrize("verdict", [Verdict.try_later, Verdict.unknown])
async def test_a_retry_keeps_to_the_window_too_in_doubt_or_not(installation: App, verdict: Verdict) -> None:
    evening(installation)
    await deliver(installation, at(MONDAY + timedelta(hours=6, minutes=59, seconds=30)), transport=Answering(verdict))
    (row,) = outbox(installation.engine)
    assert row["due_at"] > MONDAY + timedelta(hours=7)
    waits = row["state"]
    row = await again(installation, Answering())
    assert (row["state"], row["due_at"]) == (waits, datetime(2026, 3, 3, 6, tzinfo=UTC))


async def test_a_resumed_campaigns_late_letters_follow_the_late_policy(installation: App) -> None:
    evening(installation, expires="2d")
    change_state(installation, "weekly", "pause")
    await deliver(installation, at(MONDAY + timedelta(days=1)), transport=Answering())
    assert outbox(installation.engine)[0]["state"] == "planned"
    change_state(installation, "weekly", "resume")
    await deliver(installation, at(MONDAY + timedelta(days=1)), transport=Answering(Verdict.accepted))
    assert outbox(installation.engine)[0]["state"] == "accepted"


async def test_a_pause_longer_than_the_time_to_live_ends_in_expiry_and_the_campaign_finishes(installation: App) -> None:
    evening(installation, expires="2d")
    change_state(installation, "weekly", "pause")
    change_state(installation, "weekly", "resume")
    await deliver(installation, at(MONDAY + timedelta(days=2)), transport=Answering())
    (row,) = outbox(installation.engine)
    assert (row["state"], row["reason"]) == ("expired", LATE)
    with reading(installation.engine) as db:
        assert get_campaign(db, "weekly").state == CampaignState.finished


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-1), timedelta(days=400)])
async def test_a_clock_that_jumps_sends_nothing_twice_and_loses_nothing(installation: App, jump: timedelta) -> None:
    planned(installation, 6)
    transport = Answering(*[Verdict.accepted] * 3)
    await deliver(installation, at(), limit=3, transport=transport)
    transport.verdicts = [Verdict.accepted] * 3
    await deliver(installation, at(NOW + jump), transport=transport)
    await deliver(installation, at(NOW), transport=transport)
    assert sorted(message.message_id for message in transport.taken) == sorted(row["message_id"] for row in outbox(installation.engine))


@pytest.mark.parametrize(
    ("scheduled", "first"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),  # 08:00 summer time
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),  # 08:00 winter time
    ],
)
async def test_a_restart_in_the_night_the_clocks_change_sends_each_letter_once_at_its_own_morning(
    installation: App, scheduled: datetime, first: datetime
) -> None:
    people(installation.engine, 1)
    with writing(installation.engine) as db:
        db.execute(update(RecipientRow).values(time_zone="Europe/Helsinki"))
        create_campaign(db, {"name": "weekly", "window": {"hours": "08:00-18:00"}, "policy": {"explore_hour": 0}}, scheduled)
    schedule(installation, "weekly", scheduled)
    transport = Answering(Verdict.accepted)
    for minutes in range(-30, 90, 10):
        await deliver(installation, at(first + timedelta(minutes=minutes)), transport=transport)
        (row,) = outbox(installation.engine)
        assert row["state"] == ("planned" if minutes < 0 else "accepted")
    assert len(transport.taken) == 1
