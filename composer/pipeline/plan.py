"""Plan: decide an edition for everybody in its audience and store a forecast for each, one page at a time.

A plan that was broken off leaves an edition that is not planned: nobody can approve it, and planning again
starts it from nothing. After approval planning changes nothing.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Connection

from composer.app import App
from composer.domain.campaign import Campaign, CampaignState, Edition, EditionState
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Arm, Skip
from composer.errors import ComposerError, Refused
from composer.library import OpenLibrary
from composer.logs import log
from composer.pipeline.compose import message_id
from composer.pipeline.deciding import decide_numbers
from composer.store.audience import audience_pages
from composer.store.campaigns import (
    editions_of,
    get_campaign,
    list_campaigns,
    make_edition,
    move_campaign,
    move_edition,
)
from composer.store.decisions import dump_newsletter, load_newsletter
from composer.store.engine import reading, writing
from composer.store.library_versions import keep_sources
from composer.store.plans import approve_plan, begin_planning, finish_planning, insert_planned, is_planned, planned_letters

PAGE = 5_000
_ALIVE = frozenset(CampaignState) - {CampaignState.cancelled}
Line = Callable[[Newsletter | Skipped], None]


@dataclass
class PlanReport:
    """What a plan came to. `stored` is false for dry runs and for editions approved before."""

    edition: Edition
    letters: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    stored: bool = False

    def add(self, outcome: Newsletter | Skipped) -> None:
        if isinstance(outcome, Newsletter):
            self.letters += 1
        else:
            self.skipped[outcome.reason.value] += 1


def next_edition(db: Connection, campaign: Campaign, now: datetime) -> Edition:
    """Return the edition that planning would make or refresh; number 0 where it is not stored yet."""
    editions = [edition for edition in editions_of(db, campaign.number) if edition.state != EditionState.cancelled]
    waiting = [edition for edition in editions if edition.state == EditionState.planned]
    if waiting:
        return waiting[-1]
    if editions and campaign.repeat is None:
        return editions[-1]
    scheduled = (campaign.starts or now).replace(second=0, microsecond=0)
    if editions and campaign.repeat is not None:
        scheduled = editions[-1].scheduled + campaign.repeat
        while scheduled + campaign.repeat <= now:  # editions missed while nothing ran are left out, not sent late in a row
            scheduled += campaign.repeat
    return Edition(campaign.name, scheduled, campaign_number=campaign.number)


def plan(app: App, name: str, now: datetime, *, dry_run: bool = False, line: Line | None = None) -> PlanReport:
    """Plan the next edition of a campaign, calling `line` for every recipient in order of import.

    ComposerError where there is no such campaign or its layout or modules are not in the library; Refused where it is cancelled.
    """
    with reading(app.engine) as db:
        campaign = get_campaign(db, name)
        edition = next_edition(db, campaign, now)
    if campaign.state == CampaignState.cancelled:
        raise _cancelled(name, "plan")
    if edition.state != EditionState.planned:
        report = PlanReport(edition)
        _read_back(app, edition, report, line)
        return report
    return _plan_edition(app, app.library(), campaign, edition, now, dry_run=dry_run, line=line)


def _plan_edition(
    app: App, opened: OpenLibrary, campaign: Campaign, edition: Edition, now: datetime, *, dry_run: bool = False, line: Line | None = None
) -> PlanReport:
    report, planner = PlanReport(edition), secrets.token_hex(8)
    require_content(campaign, opened)
    if not dry_run:
        with writing(app.engine) as db:
            edition = report.edition = edition if edition.number else make_edition(db, campaign.number, edition.scheduled)
            begin_planning(db, edition.number, planner)
    for outcomes in _decide_pages(app, opened, campaign, edition, now):
        for outcome in outcomes:
            report.add(outcome)
            if line:
                line(outcome)
        if not dry_run:
            with writing(app.engine) as db:
                insert_planned(db, edition.number, planner, [_row(app, edition, outcome) for outcome in outcomes])
    if not dry_run:
        with writing(app.engine) as db:
            finish_planning(db, edition.number, planner, opened.sources.version, now)
        report.stored = True
    return report


def _decide_pages(
    app: App, opened: OpenLibrary, campaign: Campaign, edition: Edition, now: datetime
) -> Iterator[list[Newsletter | Skipped]]:
    with reading(app.engine) as db:
        beliefs = app.beliefs(db)
        pages: list[Sequence[int]] = list(audience_pages(db, campaign, PAGE))
    for numbers in pages:
        with reading(app.engine) as db:
            decided = decide_numbers(app, db, opened, campaign, edition, numbers, now, beliefs=beliefs)
        yield [decided.outcome(r) for r in range(len(decided))]


def _read_back(app: App, edition: Edition, report: PlanReport, line: Line | None) -> None:
    with reading(app.engine) as db:
        for letter in planned_letters(db, edition.number):
            outcome: Newsletter | Skipped
            if letter.decision:
                outcome = load_newsletter(letter.decision)
            elif letter.reason in {skip.value for skip in Skip}:
                outcome = Skipped(letter.recipient_id, 0, edition.key, Arm(letter.arm), Skip(letter.reason))
            else:
                continue
            report.add(outcome)
            if line:
                line(outcome)


def _row(app: App, edition: Edition, outcome: Newsletter | Skipped) -> dict[str, Any]:
    common = {
        "edition": edition.number,
        "recipient": outcome.recipient_number,
        "arm": outcome.arm.value,
        "message_id": message_id(app, edition, outcome.recipient_id),
    }
    if isinstance(outcome, Skipped):
        return {
            **common,
            "state": OutboxState.skipped.value,
            "reason": outcome.reason.value,
            "level": "",
            "send_at": None,
            "due_at": None,
            "decision": "",
        }
    return {
        **common,
        "state": OutboxState.planned.value,
        "reason": "",
        "level": outcome.level.name,
        "send_at": outcome.send_at,
        "due_at": outcome.send_at,
        "decision": dump_newsletter(outcome),
    }


def require_content(campaign: Campaign, opened: OpenLibrary) -> None:
    """ComposerError where the library cannot serve the campaign at all."""
    if campaign.layout not in opened.library.layouts:
        known = ", ".join(sorted(opened.library.layouts))
        raise ComposerError(f"there is no layout '{campaign.layout}'", where=f"campaign {campaign.name}", do=f"Known: {known}.")
    if not opened.library.modules:
        raise ComposerError(
            "the library has no usable module", where=f"campaign {campaign.name}", do="'composer modules lint' lists what is wrong."
        )
    if not any(fnmatchcase(name, glob) for name in opened.library.names for glob in campaign.modules):
        raise ComposerError(
            f"no module is called like {', '.join(campaign.modules)}",
            where=f"campaign {campaign.name}",
            do="Correct modules; 'composer modules list' shows the names.",
        )


def schedule(app: App, name: str, now: datetime, at: datetime | None = None) -> PlanReport:
    """Approve the campaign's next edition and start it: module versions and layout are frozen, letters may leave.

    An edition that is not planned, was planned for another time or from another library version is planned first.
    Refused where the campaign is cancelled, its one edition is approved already, or the next one is neither due nor planned.
    """
    opened = app.library()
    with writing(app.engine) as db:
        campaign = get_campaign(db, name)
        if campaign.state not in _ALIVE:
            raise _cancelled(name, "campaign schedule")
        edition = next_edition(db, campaign, now)
        wanted = at.replace(second=0, microsecond=0) if at else edition.scheduled
        if not edition.number and at is None and edition.scheduled > now and editions_of(db, campaign.number):
            raise Refused(
                f"campaign '{name}' is approved already, and its next edition approves itself at {edition.scheduled:%Y-%m-%d %H:%M} UTC",
                where="campaign schedule",
                do="'composer plan' and 'campaign schedule' approve that edition ahead of its time; 'campaign resume' ends a pause.",
            )
        if not edition.number:
            edition = make_edition(db, campaign.number, wanted)
        if edition.state != EditionState.planned:
            raise Refused(
                f"campaign '{name}' is approved already",
                where="campaign schedule",
                do="'composer campaign show' tells its state; a paused one goes on with 'campaign resume'.",
            )
        if wanted != edition.scheduled:
            begin_planning(db, edition.number, "")
            move_edition(db, edition.number, wanted)
            edition = replace(edition, scheduled=wanted)
        ready = is_planned(db, edition.number) and edition.library_version == opened.sources.version
    if ready:
        report = PlanReport(edition)
        _read_back(app, edition, report, None)
    else:
        report = _plan_edition(app, opened, campaign, edition, now)
    with writing(app.engine) as db:
        keep_sources(db, opened.sources, now)
        approve_plan(db, edition.number, opened.sources.version, now)
        if not move_campaign(db, campaign.number, _ALIVE, CampaignState.scheduled):
            raise _cancelled(name, "campaign schedule")
    return report


def _cancelled(name: str, where: str) -> Refused:
    return Refused(f"campaign '{name}' is cancelled", where=where, do="Create a new campaign.")


def plan_due(app: App, now: datetime) -> list[str]:
    """Plan and approve the editions of running recurring campaigns whose time has come; return their keys.

    A campaign that cannot be planned keeps no other one waiting; it is tried again in the next round.
    """
    with reading(app.engine) as db:
        running = [c for c in list_campaigns(db) if c.state == CampaignState.scheduled and c.repeat is not None]
        due = [c.name for c in running if next_edition(db, c, now).scheduled <= now]
    planned = []
    for name in due:
        try:
            planned.append(schedule(app, name, now).edition.key)
        except ComposerError as error:
            log.error("campaign_not_planned", campaign=name, error=error.what)
    return planned
