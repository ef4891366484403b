"""A campaign's life on both databases: steps, versions, finishing, and two clocks at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from composer.app import App
from composer.domain.campaign import CampaignState
from composer.domain.lifecycle import Step, after_step
from composer.domain.message import Message
from composer.domain.outcome import Verdict
from composer.errors import Refused, UsageError
from composer.pipeline.campaigns import change_state, create_from_file, edit_from_file, overview, show
from composer.pipeline.check_up import check_up
from composer.pipeline.deliver import deliver
from composer.pipeline.finishing import CROOKED
from composer.pipeline.plan import approve, plan, plan_due, schedule
from composer.pipeline.preview import preview
from composer.store.campaigns import campaign_of_edition, create_campaign, editions_of, get_campaign, take_step
from composer.store.engine import connect, reading, writing
from composer.store.tables import CampaignRow, EditionRow, ImpressionRow
from tests.path.by_hand import ByHand
from tests.path.conftest import REPOSITORY, at, planned
from tests.path.rows import KEY, NOW, TABLE, outbox, people, states
from tests.path.test_claim import Answering


def file(folder: Path, **keys: Any) -> Path:
    """A campaign file; an only subject is given as `subject`."""
    written, subject = folder / "campaign.toml", keys.pop("subject", "")
    fields = {"name": "weekly", "window": "now", "holdout": "none", **keys}
    lines = [f"{name} = {value!r}\n" for name, value in fields.items()]
    written.write_text("".join(lines) + (f"subject = {{en = {subject!r}}}\n" if subject else ""))
    return written


def state_of(app: App, name: str = "weekly") -> str:
    return str(next(row["state"] for row in overview(app) if row["name"] == name))


@pytest.mark.parametrize("state", list(CampaignState))
def test_the_store_takes_exactly_the_steps_of_the_table(engine: Engine, state: CampaignState) -> None:
    with writing(engine) as db:
        number = create_campaign(db, {"name": "weekly"}, NOW).number
        for step in Step:
            db.execute(update(CampaignRow).values(state=state.value, reason="before"))
            taken = take_step(db, number, step, "why")
            expected = after_step(state, step)
            assert (taken, get_campaign(db, "weekly").state) == (expected is not None, expected or state)


async def test_the_words_people_read_from_draft_to_finished(installation: App, tmp_path: Path) -> None:
    people(installation.engine, 3)
    create_from_file(installation, file(tmp_path), NOW)
    assert state_of(installation) == "draft"
    approve(installation, "weekly", NOW)
    assert state_of(installation) == "approved"
    await deliver(installation, at(), transport=Answering())
    assert states(installation) == {"planned": 3}
    with pytest.raises(Refused, match="approved for"):
        schedule(installation, "weekly", NOW, NOW + timedelta(days=1))
    schedule(installation, "weekly", NOW)
    assert state_of(installation) == "scheduled"
    await deliver(installation, at(), limit=1, transport=Answering(Verdict.accepted))
    assert state_of(installation) == show(installation, "weekly")["state"] == "running"
    change_state(installation, "weekly", "pause")
    assert state_of(installation) == "paused"
    with pytest.raises(Refused, match="resume"):
        schedule(installation, "weekly", NOW)
    await deliver(installation, at(), transport=Answering())
    change_state(installation, "weekly", "resume")
    await deliver(installation, at(), transport=Answering(Verdict.accepted, Verdict.accepted))
    assert state_of(installation) == "finished"
    for verb in ("pause", "resume", "cancel"):
        with pytest.raises(Refused, match="is finished"):
            change_state(installation, "weekly", verb)


async def test_a_campaign_that_was_paused_when_its_last_letter_ended_finishes_once_it_is_resumed(installation: App) -> None:
    planned(installation, 1)
    await deliver(installation, at(), transport=ByHand(lambda _: None))
    with writing(installation.engine) as db:
        db.execute(update(CampaignRow).values(state="paused"))
        db.execute(update(EditionRow).values(state="approved"))
    await deliver(installation, at(), transport=Answering())
    assert state_of(installation) == "paused"
    change_state(installation, "weekly", "resume")
    await deliver(installation, at(), transport=Answering())
    assert state_of(installation) == "finished"


@pytest.mark.parametrize(("verb", "waits"), [("pause", "planned"), ("cancel", "skipped")])
async def test_another_process_stops_a_run_in_its_middle_before_the_next_body(app: App, tmp_path: Path, verb: str, waits: str) -> None:
    planned(app, 8)
    (tmp_path / "config.toml").write_text(
        f'[database]\nurl = "sqlite:///composer.db"\n[library]\nmodules = "{REPOSITORY}/modules"\ntemplates = "{REPOSITORY}/templates"\n'
    )
    command = [sys.executable, "-m", "composer", "--config", str(tmp_path / "config.toml"), "campaign", verb, "weekly"]
    seen: list[Message] = []

    def third(message: Message) -> None:
        seen.append(message)
        if len(seen) == 3:
            subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY)

    transport = ByHand(third)
    await deliver(app, at(), transport=transport)
    assert len(transport.taken) == 2
    assert states(app) == {"accepted": 2, waits: 6}


def test_a_draft_is_edited_in_place_and_planned_anew(installation: App, tmp_path: Path) -> None:
    people(installation.engine, 2)
    create_from_file(installation, file(tmp_path), NOW)
    plan(installation, "weekly", NOW)
    edited = edit_from_file(installation, "weekly", file(tmp_path, modules=["usecase/*", "guide/*", "feature/*"]))
    assert (edited["version"], edited["unchanged_editions"]) == (1, [])
    schedule(installation, "weekly", NOW)
    with reading(installation.engine) as db:
        (edition,) = editions_of(db, get_campaign(db, "weekly").number)
        assert campaign_of_edition(db, edition).modules == ("usecase/*", "guide/*", "feature/*")


async def test_an_approved_edition_goes_on_as_it_was_and_the_next_one_has_the_new_version(installation: App, tmp_path: Path) -> None:
    people(installation.engine, 2)
    create_from_file(installation, file(tmp_path, title="First", subject="One", repeat="7d"), NOW)
    schedule(installation, "weekly", NOW)
    edited = edit_from_file(installation, "weekly", file(tmp_path, title="Second", subject="Two", repeat="7d"))
    first = f"weekly@{NOW:%Y-%m-%dT%H:%MZ}"
    assert (edited["version"], edited["unchanged_editions"]) == (2, [first])
    transport = Answering(*[Verdict.accepted] * 4)
    shown = preview(installation, "r1", "weekly", NOW).message
    await deliver(installation, at(), transport=transport)
    later = NOW + timedelta(days=7)
    assert len(plan_due(installation, later)) == 1
    await deliver(installation, at(later), transport=transport)
    assert [message.subject for message in transport.taken] == ["One", "One", "Two", "Two"]
    assert transport.taken[0].data == (shown.data if shown else b"")
    told = show(installation, "weekly")
    assert (told["version"], [row["version"] for row in told["editions"]]) == (2, [1, 2])
    again = edit_from_file(installation, "weekly", file(tmp_path, title="Second", subject="Two", repeat="7d"))
    assert again["version"] == 2  # nothing changed: no version


async def test_an_edit_while_an_edition_is_planned_is_not_approved_with_it(installation: App, tmp_path: Path) -> None:
    people(installation.engine, 1)
    create_from_file(installation, file(tmp_path), NOW)
    plan(installation, "weekly", NOW)
    with writing(installation.engine) as db:
        db.execute(update(EditionRow).values(settings="{}"))  # as if the edit had come between the plan and its approval
    schedule(installation, "weekly", NOW)
    with reading(installation.engine) as db:
        kept, now = db.execute(select(EditionRow.settings, CampaignRow.settings).where(CampaignRow.number == EditionRow.campaign)).one()
    assert kept == now


def test_an_edit_that_names_another_campaign_or_one_that_has_ended_is_refused(installation: App, tmp_path: Path) -> None:
    create_from_file(installation, file(tmp_path), NOW)
    with pytest.raises(UsageError, match="keeps its name"):
        edit_from_file(installation, "weekly", file(tmp_path, name="other"))
    change_state(installation, "weekly", "cancel")
    with pytest.raises(Refused, match="is cancelled"):
        edit_from_file(installation, "weekly", file(tmp_path))


def violations(app: App) -> list[str]:
    return [line.detail for line in check_up(app) if line.ok is False and line.check.startswith(("counts", "campaign"))]


def last(db: Any) -> Any:
    """The condition that holds for the last letter alone, which waits."""
    return TABLE.c.number == db.execute(select(TABLE.c.number).order_by(TABLE.c.number.desc())).scalars().first()


CORRUPTIONS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a letter is gone": (lambda db: delete(TABLE).where(last(db)), "1 letters and skips of 2 that were planned"),
    "a state nobody knows": (lambda db: update(TABLE).where(last(db)).values(state="lost"), "unknown state lost"),
    "an acceptance without blocks": (lambda _: delete(ImpressionRow), "1 accepted letters without impressions"),
    "accepted at no time": (lambda _: update(TABLE).values(accepted_at=None), "1 accepted letters without a time"),
    "no due time": (lambda _: update(TABLE).values(due_at=None), "1 letters wait without a time"),
    "a lease of nobody": (lambda db: update(TABLE).where(last(db)).values(state="sending"), "sent by nobody"),
    "tried again after its end": (lambda _: update(TABLE).values(due_at=NOW), "1 ended letters that would be tried again"),
    "ended too soon": (lambda _: update(EditionRow).values(state="finished"), "1 letters wait in a finished edition"),
    "a campaign before its edition": (lambda _: update(CampaignRow).values(state="finished"), "an edition of it is not"),
}


@pytest.mark.parametrize("name", list(CORRUPTIONS))
async def test_check_finds_what_cannot_be(installation: App, name: str) -> None:
    planned(installation, 2)
    await deliver(installation, at(), limit=1, transport=Answering(Verdict.accepted))
    assert violations(installation) == []
    corrupt, found = CORRUPTIONS[name]
    with writing(installation.engine) as db:
        db.execute(corrupt(db))
    assert any(found in line for line in violations(installation)), violations(installation)


async def test_a_campaign_whose_counts_do_not_add_up_is_not_finished_but_shown_to_a_person(installation: App) -> None:
    planned(installation, 3)
    with writing(installation.engine) as db:
        db.execute(delete(TABLE).where(last(db)))
    await deliver(installation, at(), transport=Answering(Verdict.accepted, Verdict.accepted))
    (row,) = overview(installation)
    assert (row["state"], row["reason"]) == ("paused", CROOKED)
    assert show(installation, "weekly")["editions"][0]["state"] == "approved"


async def test_two_clocks_plan_and_approve_a_recurring_edition_once_and_nobody_gets_two(installation: App) -> None:
    people(installation.engine, 6)
    with writing(installation.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "holdout": "none", "repeat": "7d"}, NOW)
    schedule(installation, "weekly", NOW)
    other = App(installation.settings, connect(installation.engine.url.render_as_string(hide_password=False), Path("/")), KEY)
    other._versions.update(installation._versions)
    later, together = NOW + timedelta(days=7), threading.Barrier(2)
    transports = [Answering(*[Verdict.accepted] * 12) for _ in range(2)]

    def tick(app: App, transport: Answering) -> None:
        together.wait()
        for _ in range(3):  # who comes second is refused and tries again in its next round
            plan_due(app, later)
            asyncio.run(deliver(app, at(later), transport=transport))

    clocks = [threading.Thread(target=tick, args=pair) for pair in zip((installation, other), transports, strict=True)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    other.close()
    with reading(installation.engine) as db:
        assert len(editions_of(db, get_campaign(db, "weekly").number)) == 2
    sent = Counter(message.message_id for transport in transports for message in transport.taken)
    assert sent == {row["message_id"]: 1 for row in outbox(installation.engine)}
    assert len(sent) == 12
