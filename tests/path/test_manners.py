"""Manners on the way: providers keep their pace, are heeded when they ask, rest when they are in trouble, and hold up nobody else."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import update

from composer.app import App
from composer.config import Manners
from composer.dispatch.placing import HORIZON
from composer.dispatch.provider import Provider, pace_of
from composer.dispatch.provider import at as at_moment
from composer.dispatch.replies import Stage, classify
from composer.domain.consent import ConsentRow, State
from composer.domain.manners import Rules
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.deliver import deliver
from composer.pipeline.held_back import counts_held_back, provider_lines
from composer.pipeline.pacing import Pacing
from composer.store.consents import append
from composer.store.engine import reading, writing
from composer.store.outbox import claim
from composer.store.providers import known_providers
from composer.store.recipients import address_key
from composer.store.tables import RecipientRow
from composer.transports import no_matter
from tests.path.by_hand import ByHand
from tests.path.conftest import at, delivering, planned, towards
from tests.path.rows import KEY, NOW, outbox, states
from tests.transports.faults import FaultServer

FULL = "slow.test"
LATE = 0.4
"""Seconds by which a letter may leave after its moment: the first ones are decided and composed meanwhile."""
OTHER = "quick.test"


def mannered(app: App, **manners: Any) -> App:
    app.settings = app.settings.model_copy(update={"manners": Manners.model_validate(manners)})
    return app


def at_domains(app: App, numbers: list[int], *domains: str) -> None:
    """Give people addresses at these domains, in turn."""
    with writing(app.engine) as db:
        for n, number in enumerate(numbers):
            address = f"r{number}@{domains[n % len(domains)]}"
            db.execute(
                update(RecipientRow)
                .where(RecipientRow.number == number)  # type: ignore[arg-type]
                .values(address=address, address_key=address_key(KEY, address))
            )


def taken_at(server: FaultServer) -> Counter[str]:
    return Counter(letter.recipient.rpartition("@")[2] for letter in server.taken)


def remembered(app: App) -> dict[str, Provider]:
    with reading(app.engine) as db:
        return known_providers(db)


async def test_a_pace_written_for_a_domain_is_its_providers(installation: App) -> None:
    at_domains(installation, planned(installation, 6), "gmail.com", "googlemail.com")
    mannered(installation, providers=["Gmail.com 1/m"])
    async with FaultServer() as server:
        report = await deliver(towards(installation, server.port), at())
    assert (report.put_back, report.counts) == (5, {"accepted": 1})


async def test_a_paced_provider_gets_its_share_the_others_theirs_at_once_and_each_waiting_letter_its_own_time(installation: App) -> None:
    at_domains(installation, planned(installation, 60), FULL, OTHER)
    mannered(installation, providers=[f"{FULL} 1/m"])
    async with FaultServer() as server:
        report = await deliver(towards(installation, server.port), at())
        assert taken_at(server) == {FULL: 1, OTHER: 30}
        assert (report.put_back, report.counts) == (29, {"accepted": 31})
        waiting = sorted(row["due_at"] for row in outbox(installation.engine) if row["state"] == "planned")
        assert len(set(waiting)) == 29
        assert waiting[0] > NOW
        assert all(later - earlier >= timedelta(seconds=59) for earlier, later in pairwise(waiting))
        assert {r["reason"] for r in outbox(installation.engine) if r["state"] == "planned"} == {f"waits for its turn at {FULL}"}
        assert (await deliver(installation, at())).counts == {}
        await deliver(installation, at(waiting[0]))
        assert taken_at(server)[FULL] == 2


async def test_a_batch_full_of_one_provider_does_not_keep_others_waiting(installation: App) -> None:
    numbers = planned(installation, 700)
    at_domains(installation, numbers[:690], FULL)
    at_domains(installation, numbers[690:], OTHER)
    mannered(installation, providers=[f"{FULL} 1/m"])
    async with FaultServer() as server:
        await deliver(towards(installation, server.port), at())
        assert taken_at(server) == {FULL: 1, OTHER: 10}


async def test_the_pace_of_a_provider_holds_over_restarts(installation: App) -> None:
    at_domains(installation, planned(installation, 10), FULL)
    mannered(installation, pace="1/h")
    async with FaultServer() as server:
        for _ in range(3):
            await deliver(towards(installation, server.port), at())
        assert taken_at(server) == {FULL: 1}
        await deliver(installation, at(NOW + timedelta(hours=1)))
        assert taken_at(server) == {FULL: 2}


async def test_two_workers_at_once_keep_one_pace(installation: App) -> None:
    at_domains(installation, planned(installation, 40), FULL)
    mannered(installation, pace="2/m")
    async with FaultServer() as server:
        towards(installation, server.port)
        await asyncio.gather(*(deliver(installation, at()) for _ in range(2)))
        assert taken_at(server) == {FULL: 1}


async def test_letters_within_a_run_leave_at_their_moments(installation: App) -> None:
    at_domains(installation, planned(installation, 9), FULL)
    mannered(installation, pace="5/s")
    times: list[float] = []
    report = await deliver(installation, at(), transport=ByHand(lambda _: times.append(time.monotonic())))
    assert report.counts == {"accepted": 9}
    for first, start in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= 5 + 5 * (times[last] - start + LATE)
    assert times[-1] - times[0] > 4 / 5 - LATE


async def test_the_pace_of_all_holds_for_all_and_over_restarts(installation: App) -> None:
    at_domains(installation, planned(installation, 12), FULL, OTHER)
    delivering(installation, pace="4/s")
    times: list[float] = []
    by_hand = ByHand(lambda _: times.append(time.monotonic()))
    for _ in range(2):
        await deliver(installation, at(), limit=6, transport=by_hand)
    assert states(installation) == {"accepted": 12}
    assert times[-1] - times[0] > (12 - 4 - 1) / 4


class Crowded(ByHand):
    """Takes some time for each letter, and remembers how many of each domain were there at once."""

    connections = depth = 8

    def __init__(self, answers: dict[str, list[Outcome]]) -> None:
        super().__init__(lambda _: None)
        self.answers, self.now, self.most = answers, Counter[str](), Counter[str]()
        self.met: list[str] = []

    async def send(self, message: Message, still_wanted: Any, begun: Any = no_matter) -> Outcome:
        domain = message.recipient.rpartition("@")[2]
        self.now[domain] += 1
        self.most[domain] = max(self.most[domain], self.now[domain])
        self.met.append(domain)
        await asyncio.sleep(0.005)
        self.now[domain] -= 1
        if answers := self.answers.get(domain):
            return answers.pop(0)
        return await super().send(message, still_wanted, begun)


@pytest.mark.parametrize(
    ("manners", "others"),
    [
        ({"providers": [f"{FULL} off 2 connections"]}, None),
        ({"connections": 2}, 2),
        ({"connections": 3, "providers": [f"{FULL} off 2 connections"]}, 3),
    ],
)
async def test_a_provider_has_no_more_letters_under_way_than_it_may(installation: App, manners: dict[str, Any], others: int | None) -> None:
    at_domains(installation, planned(installation, 60), FULL, OTHER)
    mannered(installation, **manners)
    crowded = Crowded({})
    assert (await deliver(installation, at(), transport=crowded)).counts == {"accepted": 60}
    assert crowded.most[FULL] == 2
    assert crowded.most[OTHER] == others if others else crowded.most[OTHER] > 3


PLEA = Outcome(Verdict.try_later, 421, "4.7.0 too many letters", throttled=True)
LATER = Outcome(Verdict.try_later, 451, "4.3.2 not now")


async def test_a_provider_that_asks_to_slow_down_gets_one_connection_and_half_the_rate(installation: App) -> None:
    at_domains(installation, planned(installation, 120), FULL, OTHER)
    crowded = Crowded({FULL: [PLEA]})
    await deliver(installation, at(), transport=crowded)
    slowed = remembered(installation)[FULL]
    assert slowed.rate is not None
    assert slowed.words == "421 4.7.0 too many letters"
    assert crowded.met.count(OTHER) == 60
    again = Crowded({})
    for minutes in (2, 4, 6):
        await deliver(installation, at(NOW + timedelta(minutes=minutes)), transport=again)
    assert again.most[FULL] == 1
    for hours in (2, 4):
        await deliver(installation, at(NOW + timedelta(hours=hours)), transport=again)
    assert states(installation) == {"accepted": 120}
    assert pace_of(at_moment(slowed, Rules(back_off=timedelta(minutes=10)), (NOW + timedelta(hours=4)).timestamp()), Rules()) is None


async def test_with_back_off_off_nobody_is_slowed(installation: App) -> None:
    at_domains(installation, planned(installation, 20), FULL)
    mannered(installation, back_off="off")
    await deliver(installation, at(), transport=Crowded({FULL: [PLEA]}))
    assert states(installation) == {"accepted": 19, "try_later": 1}
    assert all(p.rate is None for p in remembered(installation).values())


async def test_a_provider_in_trouble_rests_one_letter_goes_to_see_and_then_all_go(installation: App) -> None:
    at_domains(installation, planned(installation, 60), FULL, OTHER)
    mannered(installation, breaker="5/1m")
    crowded = Crowded({FULL: [LATER] * 999})
    await deliver(installation, at(), transport=crowded)
    tried = crowded.met.count(FULL)
    assert 5 <= tried < 30  # those under way when the fifth failed were offered too
    assert crowded.met.count(OTHER) == 30
    assert sum(row["attempts"] for row in outbox(installation.engine)) == tried + 30
    probe = Crowded({FULL: [LATER] * 999})
    await deliver(installation, at(NOW + timedelta(minutes=3)), transport=probe)
    assert probe.met == [FULL]
    well = Crowded({})
    await deliver(installation, at(NOW + timedelta(minutes=30)), transport=well)
    await deliver(installation, at(NOW + timedelta(hours=3)), transport=well)
    assert states(installation) == {"accepted": 60}
    assert remembered(installation) == {}


async def test_letters_put_off_for_their_own_sake_bring_no_rest(installation: App) -> None:
    at_domains(installation, planned(installation, 30), FULL)
    mannered(installation, breaker="5/1m")
    grey = classify(Stage.rcpt, 450, "4.2.0 Recipient address rejected: Greylisted, see you soon")
    crowded = Crowded({FULL: [grey] * 30})
    await deliver(installation, at(), transport=crowded)
    assert (crowded.met.count(FULL), states(installation)) == (30, {"try_later": 30})
    assert remembered(installation) == {}


async def test_without_delivery_breaker_no_provider_rests(installation: App) -> None:
    at_domains(installation, planned(installation, 30), FULL)
    delivering(installation, breaker="off")
    crowded = Crowded({FULL: [LATER] * 30})
    await deliver(installation, at(), transport=crowded)
    assert crowded.met.count(FULL) == 30


async def test_a_rest_does_not_outlast_the_first_retry(installation: App) -> None:
    at_domains(installation, planned(installation, 30), FULL)
    delivering(mannered(installation, breaker="5/1h"), retry=(timedelta(seconds=2),) * 9)
    await deliver(installation, at(), transport=Crowded({FULL: [LATER] * 30}))
    assert remembered(installation)[FULL].rest_until <= NOW.timestamp() + 4


async def test_with_the_breaker_off_every_letter_is_tried(installation: App) -> None:
    at_domains(installation, planned(installation, 30), FULL)
    mannered(installation, breaker="off")
    crowded = Crowded({FULL: [LATER] * 999})
    await deliver(installation, at(), transport=crowded)
    assert len(crowded.met) == 30


async def test_a_new_sender_warms_up_by_what_was_accepted(installation: App) -> None:
    at_domains(installation, planned(installation, 40), FULL, OTHER)
    mannered(installation, warm_up="5,10")
    async with FaultServer({f"rcpt@{FULL}": "450 later"}, once=True) as server:
        towards(installation, server.port)
        await deliver(installation, at())
        assert taken_at(server) == {FULL: 4, OTHER: 5}
        await deliver(installation, at(NOW + timedelta(minutes=30)))
        assert taken_at(server) == {FULL: 5, OTHER: 5}
        await deliver(installation, at(NOW + timedelta(days=1)))
        assert taken_at(server) == {FULL: 15, OTHER: 15}
        await deliver(installation, at(NOW + timedelta(days=2)))
        assert taken_at(server) == {FULL: 20, OTHER: 20}


async def test_growth_is_held_to_the_best_day(installation: App) -> None:
    planned(installation, 4)
    mannered(installation, growth="2/30d")
    async with FaultServer() as server:
        await deliver(towards(installation, server.port), at())
    (state,) = remembered(installation).values()
    assert list(state.days.values()) == [4]


async def test_a_letter_too_old_is_given_up_with_the_reason(installation: App) -> None:
    planned(installation, 1)
    delivering(installation, give_up="1h", retry="1m,1m,1m,1m,1m,1m")
    async with FaultServer({"rcpt": "451 4.3.2 later"}) as server:
        towards(installation, server.port)
        await deliver(installation, at())
        await deliver(installation, at(NOW + timedelta(minutes=59)))
        assert states(installation) == {"try_later": 1}
        await deliver(installation, at(NOW + timedelta(hours=2)))
    (row,) = outbox(installation.engine)
    assert (row["state"], row["reason"]) == ("refused", "gave up after 3 tries: 451 4.3.2 later")


async def test_letters_to_a_provider_that_never_comes_back_are_given_up(installation: App) -> None:
    at_domains(installation, planned(installation, 30), FULL)
    mannered(installation, breaker="3/1m")
    delivering(installation, give_up="1h")
    crowded = Crowded({FULL: [LATER] * 999})
    for minutes in range(0, 400, 20):
        await deliver(installation, at(NOW + timedelta(minutes=minutes)), transport=crowded)
    assert states(installation) == {"refused": 30}
    assert {row["reason"] for row in outbox(installation.engine)} >= {f"gave up: {FULL} has had trouble for too long: 451 4.3.2 not now"}


async def test_without_rules_nothing_is_remembered_of_any_provider(installation: App) -> None:
    planned(installation, 3)
    async with FaultServer() as server:
        await deliver(towards(installation, server.port), at())
    assert remembered(installation) == {}


async def test_trouble_with_the_route_is_no_providers_trouble(installation: App) -> None:
    planned(installation, 5)
    async with FaultServer() as server:
        port = server.port
    report = await deliver(delivering(towards(installation, port), breaker=3), at())
    assert report.stopped
    assert remembered(installation) == {}


async def test_the_operator_sees_who_is_held_back_why_and_until_when(installation: App) -> None:
    at_domains(installation, planned(installation, 20), FULL)
    mannered(installation, breaker="5/1m", warm_up="9,18")
    await deliver(installation, at(), transport=Crowded({FULL: [LATER] * 999}))
    (line,) = provider_lines(installation, NOW + timedelta(seconds=30))
    assert (line["provider"], line["why"]) == (FULL, "rests after trouble: 451 4.3.2 not now")
    assert NOW + timedelta(minutes=1) <= line["until"] <= NOW + timedelta(minutes=1, seconds=30)
    assert (line["accepted_today"], line["left_today"]) == (0, 9)
    assert counts_held_back(installation, NOW + timedelta(seconds=30)) == {"rests": 1, "is tried": 0, "slowed": 0, "in line": 0}


async def test_letters_that_end_or_wait_at_the_claim_take_nothing_of_a_days_allowance(installation: App) -> None:
    numbers = planned(installation, 20)
    at_domains(installation, numbers, FULL)
    mannered(installation, warm_up="5,10")
    with writing(installation.engine) as db:
        append(db, [(number, ConsentRow("letters", State.withdrawn, "unsubscribe", NOW)) for number in numbers[:8]], NOW)
    for _ in range(4):
        await deliver(installation, at(), limit=5, transport=ByHand(lambda _: None))
    assert (states(installation)["skipped"], states(installation)["accepted"]) == (8, 5)


async def test_a_day_begun_outside_the_campaigns_window_keeps_its_allowance_for_the_window(installation: App) -> None:
    at_domains(installation, planned(installation, 20, window={"days": "Mon-Wed", "hours": "09:00-12:00"}), FULL)
    mannered(installation, warm_up="5,10")
    by_hand = ByHand(lambda _: None)
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    for moment in (midnight, midnight + timedelta(hours=11, minutes=30)):
        await deliver(installation, at(moment), transport=by_hand)
    assert len(by_hand.taken) == 5


def test_a_clock_that_is_put_back_does_not_stop_the_claims(installation: App) -> None:
    planned(installation, 4)
    delivering(installation, pace="1/s")
    pacing = Pacing(installation)
    with writing(installation.engine) as db:
        pacing.place(db, claim(db, NOW, 4, "me", timedelta(minutes=5)), NOW)
    assert pacing.full(NOW - timedelta(hours=1)) < HORIZON
