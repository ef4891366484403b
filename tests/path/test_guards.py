"""A campaign that draws complaints or dead addresses halts, whoever notices; pause, cancel and resume hold in the middle of a run."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from composer.app import App
from composer.domain.message import Message
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.campaigns import change_state, create_from_file
from composer.pipeline.deliver import deliver
from composer.pipeline.inbound import apply
from composer.store.campaigns import campaign_reason, get_campaign
from composer.store.engine import reading
from composer.transports import no_matter
from tests.path.by_hand import ByHand
from tests.path.conftest import at, planned
from tests.path.rows import NOW, outbox, states


def stands(app: App) -> tuple[str, str]:
    with reading(app.engine) as db:
        campaign = get_campaign(db, "weekly")
        return campaign.state.value, campaign_reason(db, campaign.number)


def told(app: App, kind: NoticeKind, count: int, start: int = 0) -> None:
    """So many letters that were accepted are complained about, or bounce."""
    numbers = [row["number"] for row in outbox(app.engine) if row["state"] == "accepted"][start : start + count]
    severity = Severity.hard if kind is NoticeKind.bounce else None
    assert apply(app, [Notice(kind, letter=number, severity=severity) for number in numbers], NOW) == count


async def sent(app: App, limit: int | None = None) -> Any:
    return await deliver(app, at(), limit, transport=ByHand(lambda _: None))


async def test_complaints_halt_the_campaign_and_send_says_so(installation: App) -> None:
    planned(installation, 60)
    await sent(installation, 50)
    told(installation, NoticeKind.complaint, 2)
    assert stands(installation) == ("scheduled", "")
    told(installation, NoticeKind.complaint, 1, 2)
    state, reason = stands(installation)
    assert (state, reason) == ("paused", "guard: 3 complaints of 50 letters (6.00%; the limit is 0.30%)")
    report = await sent(installation)
    assert report.guarded == f"weekly: {reason}"
    assert states(installation)["planned"] == 10


async def test_after_resume_the_same_complaints_halt_nothing_new_ones_do(installation: App) -> None:
    planned(installation, 60)
    await sent(installation, 50)
    told(installation, NoticeKind.complaint, 3)
    change_state(installation, "weekly", "resume")
    told(installation, NoticeKind.complaint, 3)
    assert (await sent(installation, 5)).guarded == ""
    assert stands(installation) == ("scheduled", "")
    told(installation, NoticeKind.complaint, 3, 10)
    assert stands(installation)[0] == "paused"


async def test_hard_bounces_that_come_in_later_halt_it_soft_ones_do_not(installation: App) -> None:
    planned(installation, 70)
    await sent(installation, 60)
    numbers = [row["number"] for row in outbox(installation.engine) if row["state"] == "accepted"]
    apply(installation, [Notice(NoticeKind.bounce, letter=n, severity=Severity.soft) for n in numbers[30:55]], NOW)
    assert stands(installation) == ("scheduled", "")
    told(installation, NoticeKind.bounce, 20)
    assert stands(installation) == ("paused", "guard: 20 dead addresses of 60 letters (33.3%; the limit is 10.0%)")


async def test_bounces_of_letters_from_before_it_was_resumed_are_taken_in(installation: App) -> None:
    planned(installation, 100)
    await sent(installation, 90)
    change_state(installation, "weekly", "pause")
    change_state(installation, "weekly", "resume")
    await sent(installation, 5)
    told(installation, NoticeKind.bounce, 25)
    assert stands(installation) == ("scheduled", "")


async def test_a_report_of_many_bounces_has_a_guard_look_once(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(installation, 60)
    await sent(installation)
    looks: list[int] = []
    monkeypatch.setattr("composer.pipeline.inbound.guard", lambda db, campaign: looks.append(campaign))
    told(installation, NoticeKind.bounce, 30)
    assert len(looks) == 1


@pytest.mark.parametrize(
    ("guards", "state"), [("none", "scheduled"), ({"complaints": "none"}, "scheduled"), ({"complaints": "9%"}, "scheduled")]
)
async def test_guards_that_are_off_or_wider_let_it_go_on(installation: App, guards: Any, state: str) -> None:
    planned(installation, 60, guards=guards)
    await sent(installation, 50)
    told(installation, NoticeKind.complaint, 3)
    assert stands(installation)[0] == state


class Dead(ByHand):
    """Says of every letter that nobody has its address, slowly enough for a guard to look."""

    connections = depth = 2

    async def send(self, message: Message, still_wanted: Any, begun: Any = no_matter) -> Outcome:
        if not still_wanted():
            return Outcome(Verdict.withdrawn)
        self.taken.append(message)
        await asyncio.sleep(0.02)
        return Outcome(Verdict.refused, 550, "5.1.1 nobody", dead_address=True)


async def test_a_run_that_meets_only_dead_addresses_halts_its_campaign_on_the_way(
    installation: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("composer.pipeline.manners.EVERY_SECONDS", 0.05)
    planned(installation, 300)
    report = await deliver(installation, at(), transport=Dead(lambda _: None))
    assert report.guarded.startswith("weekly: guard: ")
    assert 20 <= states(installation)["refused"] < 300
    assert stands(installation)[0] == "paused"


@pytest.mark.parametrize(("verb", "rest"), [("pause", "planned"), ("cancel", "skipped")])
async def test_a_campaign_is_stopped_in_the_middle_of_a_run_by_somebody_else(installation: App, verb: str, rest: str) -> None:
    planned(installation, 200)

    others: list[threading.Thread] = []

    def after_ten(_: Message) -> None:
        if len(by_hand.taken) == 10 and not others:
            others.append(other := threading.Thread(target=change_state, args=(installation, "weekly", verb)))
            other.start()
            other.join()

    by_hand = ByHand(after_ten)
    await deliver(installation, at(), transport=by_hand)
    assert len(by_hand.taken) == 10
    assert states(installation) == {"accepted": 10, rest: 190}
    if verb == "pause":
        change_state(installation, "weekly", "resume")
        await sent(installation)
        assert states(installation) == {"accepted": 200}


async def test_a_campaign_resumed_in_the_middle_of_a_run_goes_on_in_that_run(installation: App, tmp_path: Any) -> None:
    planned(installation, 40)
    change_state(installation, "weekly", "pause")
    file = tmp_path / "other.toml"
    file.write_text('name = "other"\nwindow = "now"\nholdout = "none"\n')
    create_from_file(installation, file, NOW)
    from composer.pipeline.plan import schedule

    schedule(installation, "other", NOW)

    def resume(_: Message) -> None:
        if len(by_hand.taken) == 5:
            change_state(installation, "weekly", "resume")

    by_hand = ByHand(resume)
    await deliver(installation, at(), transport=by_hand)
    assert states(installation) == {"accepted": 80}
