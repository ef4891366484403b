"""The whole path from plan to the mail server: what arrives, what is recorded, what is retried, and what never leaves."""

from __future__ import annotations

import email
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from composer.app import App
from composer.demo.inbox import Inbox
from composer.domain.consent import ConsentRow, State
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.campaigns import change_state
from composer.pipeline.claiming import Batch
from composer.pipeline.deliver import deliver, next_size
from composer.pipeline.plan import schedule
from composer.pipeline.preview import preview
from composer.store.campaigns import create_campaign, get_campaign
from composer.store.consents import append, bump_suppression_version, suppress
from composer.store.engine import reading, writing
from composer.store.outbox import unresolved
from composer.store.privacy import erase
from composer.store.recipients import address_key
from composer.store.tables import ImpressionRow, RecipientRow
from composer.transports import no_matter
from tests.path.by_hand import ByHand
from tests.path.conftest import at, planned, towards
from tests.path.rows import KEY, NOW, outbox, states
from tests.transports.faults import DROP, FaultServer


def withdraw(app: App, recipient: int) -> None:
    say(app, recipient, "letters", State.withdrawn)


def say(app: App, recipient: int, purpose: str, state: State) -> None:
    with writing(app.engine) as db:
        append(db, [(recipient, ConsentRow(purpose, state, "unsubscribe", NOW))], NOW)


async def test_two_campaigns_that_are_due_together_keep_one_cap_together(installation: App) -> None:
    planned(installation, 2, cap="1/7d")
    with writing(installation.engine) as db:
        create_campaign(db, {"name": "extra", "window": "now", "holdout": "none", "cap": "1/7d"}, NOW)
    schedule(installation, "extra", NOW)
    transport = ByHand(lambda _: None)
    report = await deliver(installation, at(), transport=transport)
    assert report.counts == {"accepted": 2, "skipped": 2}
    assert sorted(message.recipient for message in transport.taken) == ["r1@example.com", "r2@example.com"]


async def test_every_letter_arrives_as_it_was_previewed_and_all_counts_add_up(installation: App, tmp_path: Path) -> None:
    planned(installation, 8)
    previews = {preview(installation, f"r{n}", "weekly", NOW).message.data for n in range(1, 9)}  # type: ignore[union-attr]
    with Inbox(tmp_path / "inbox") as inbox:
        report = await deliver(towards(installation, inbox.port, timeout="30s", dot_timeout="30s"), at())
        assert report.counts == {"accepted": 8}
        assert set(inbox.letters()) == previews
    rows = outbox(installation.engine)
    assert {(r["state"], r["attempts"], r["accepted_at"], r["lease_owner"], r["frozen"]) for r in rows} == {("accepted", 1, NOW, "", True)}
    arrived = {email.message_from_bytes(data)["Message-ID"] for data in previews}
    assert arrived == {r["message_id"] for r in rows}
    with reading(installation.engine) as db:
        shown = Counter(db.execute(select(ImpressionRow.outbox)).scalars())
        assert get_campaign(db, "weekly").state == "finished"
    assert set(shown) == {r["number"] for r in rows}
    assert all(4 <= blocks <= 6 for blocks in shown.values())
    assert (await deliver(installation, at())).counts == {}


async def test_at_most_the_limit_leaves_and_the_rest_stays_due(installation: App) -> None:
    planned(installation, 5)
    async with FaultServer() as server:
        await deliver(towards(installation, server.port), at(), limit=2)
        assert states(installation) == {"accepted": 2, "planned": 3}
        await deliver(installation, at())
    assert states(installation) == {"accepted": 5}


async def test_nothing_leaves_before_it_is_due(installation: App) -> None:
    planned(installation, 2)
    async with FaultServer() as server:
        await deliver(towards(installation, server.port), at(NOW - timedelta(seconds=1)))
    assert (server.connections, states(installation)) == (0, {"planned": 2})


async def test_who_left_or_was_suppressed_after_planning_gets_nothing(installation: App) -> None:
    left, _, dead = planned(installation, 3)
    withdraw(installation, left)
    with writing(installation.engine) as db:
        suppress(db, address_key(KEY, f"r{dead}@example.com"), "complaint", NOW)
    async with FaultServer() as server:
        report = await deliver(towards(installation, server.port), at())
    assert report.counts == {"accepted": 1, "skipped": 2}
    assert [(r["state"], r["reason"]) for r in outbox(installation.engine)] == [
        ("skipped", "no consent"),
        ("accepted", ""),
        ("skipped", "suppressed"),
    ]


async def test_an_opt_out_after_the_claim_is_honoured_up_to_the_data(installation: App) -> None:
    numbers = planned(installation, 4)

    def leave(message: Message) -> None:
        if message.recipient == "r1@example.com":
            withdraw(installation, numbers[2])

    transport = ByHand(leave)
    await deliver(installation, at(), transport=transport)
    assert [m.recipient for m in transport.taken] == ["r1@example.com", "r2@example.com", "r4@example.com"]
    assert [(r["state"], r["reason"]) for r in outbox(installation.engine)][2] == ("skipped", "no consent")


async def test_of_two_letters_to_one_person_only_those_of_the_list_that_was_left_are_stopped(installation: App) -> None:
    (number,) = planned(installation, 1)
    with writing(installation.engine) as db:
        append(db, [(number, ConsentRow("topic:storms", State.granted, "import", NOW))], NOW)
        create_campaign(db, {"name": "storms", "list": "topic:storms", "window": "now", "holdout": "none"}, NOW)
    schedule(installation, "storms", NOW)
    transport = ByHand(lambda _: withdraw(installation, number))
    await deliver(installation, at(), transport=transport)
    assert len(transport.taken) == 1
    assert b"storms" in transport.taken[0].data
    assert [(r["state"], r["reason"]) for r in outbox(installation.engine)] == [("skipped", "no consent"), ("accepted", "")]


@pytest.mark.parametrize(("verb", "left"), [("pause", {"planned": 3}), ("cancel", {"skipped": 3})])
async def test_letters_claimed_already_stay_when_their_campaign_is_halted(installation: App, verb: str, left: dict[str, int]) -> None:
    planned(installation, 4)
    sent = 0

    def halt_after_the_first(_: Message) -> None:
        nonlocal sent
        sent += 1
        if sent == 2:
            change_state(installation, "weekly", verb)

    transport = ByHand(halt_after_the_first)
    await deliver(installation, at(), transport=transport)
    assert len(transport.taken) == 1
    assert states(installation) == {"accepted": 1, **left}
    if verb == "pause":
        change_state(installation, "weekly", "resume")
        await deliver(installation, at(), transport=transport)
        assert states(installation) == {"accepted": 4}


class PutOff(ByHand):
    """Takes nothing: it does something while the body is under way, and says to come back later."""

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        await begun()
        self.before(message)
        return Outcome(Verdict.try_later, 451, "later")


async def test_who_is_erased_while_a_letter_is_put_off_gets_no_second_try_and_stops_nobody(installation: App) -> None:
    first, _ = planned(installation, 2)

    def forget(message: Message) -> None:
        if message.recipient == "r1@example.com":
            with writing(installation.engine) as db:
                erase(db, first, KEY, NOW)

    await deliver(installation, at(), transport=PutOff(forget))
    assert states(installation) == {"try_later": 2}
    transport = ByHand(lambda _: None)
    await deliver(installation, at(NOW + timedelta(hours=1)), transport=transport)
    assert [m.recipient for m in transport.taken] == ["r2@example.com"]
    assert states(installation) == {"accepted": 1, "skipped": 1}


async def test_a_letter_in_doubt_of_a_cancelled_campaign_waits_for_a_person(installation: App) -> None:
    planned(installation, 1)
    async with FaultServer({"dot": DROP}) as server:
        await deliver(towards(installation, server.port), at())
    change_state(installation, "weekly", "cancel")
    with reading(installation.engine) as db:
        assert len(unresolved(db, "weekly")) == 1


async def test_an_opt_out_in_the_very_dialogue_of_a_letter_stops_it(installation: App) -> None:
    (number,) = planned(installation, 1)
    transport = ByHand(lambda _: withdraw(installation, number))
    await deliver(installation, at(), transport=transport)
    assert (transport.taken, states(installation)) == ([], {"skipped": 1})


async def test_a_level_lowered_after_the_claim_brings_another_letter(installation: App) -> None:
    planned(installation, 1)

    def lower(_: Message) -> None:
        with writing(installation.engine) as db:
            db.execute(update(RecipientRow).values(level="none"))
            bump_suppression_version(db)

    transport = ByHand(lower)
    await deliver(installation, at(), transport=transport)
    assert [("Aino" in m.text) for m in transport.taken] == [False]
    assert [(r["state"], r["level"]) for r in outbox(installation.engine)] == [("accepted", "none")]


async def test_consent_to_counting_opens_that_is_withdrawn_after_the_claim_brings_a_letter_without_the_picture(installation: App) -> None:
    (number,) = planned(installation, 1)
    say(installation, number, "opens", State.granted)
    offered: list[bool] = []

    def withdrawn(message: Message) -> None:
        offered.append("/o/" in message.html)
        if len(offered) == 1:
            say(installation, number, "opens", State.withdrawn)

    transport = ByHand(withdrawn)
    await deliver(installation, at(), transport=transport)
    assert offered[0]
    assert ["/o/" in message.html for message in transport.taken] == [False]
    assert states(installation) == {"accepted": 1}


def test_claims_that_hold_the_lock_long_become_smaller_and_grow_again() -> None:
    assert next_size(500, Batch(taken=500, held=0.06)) == 500
    assert next_size(500, Batch(taken=500, held=0.24)) == 250
    assert next_size(250, Batch(taken=250, held=9.0)) == 50
    assert next_size(50, Batch(taken=50, held=0.006)) == 500
    assert next_size(200, Batch(taken=3, held=1.0)) == 200  # the last few say nothing
