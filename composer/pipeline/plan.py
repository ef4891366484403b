"""Plan: decide an edition for everybody in its audience and store a forecast for each, one page at a time.

A plan that was broken off leaves an edition that is not planned: nobody can approve it, and planning again
starts it from nothing. After approval planning changes nothing.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase

import numpy as np
from sqlalchemy import Connection

from composer.app import App
from composer.decide import Decided
from composer.decide.candidates import SKIPS
from composer.decide.forecast import forecast_axes, forecasts
from composer.decide.pins_fit import pin_problems
from composer.domain.campaign import Campaign, CampaignState, Edition, EditionState
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Arm, Skip
from composer.errors import ComposerError, Refused
from composer.library import OpenLibrary
from composer.logs import log
from composer.pipeline.compose import message_ids
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.foresee import decide_waiting
from composer.store.audience import audience_page
from composer.store.campaigns import (
    editions_of,
    get_campaign,
    list_campaigns,
    make_edition,
    move_campaign,
    move_edition,
)
from composer.store.decisions import load_newsletter
from composer.store.engine import reading, writing
from composer.store.library_versions import keep_sources
from composer.store.plans import (
    PlannedLetter,
    PlannedRow,
    approve_plan,
    begin_planning,
    finish_planning,
    insert_planned,
    is_planned,
    planned_counts,
    planned_letters,
)

PAGE = 5_000
_LEVELS = tuple(level.name for level in Level)
_REASONS = frozenset(skip.value for skip in Skip)
_ALIVE = frozenset(CampaignState) - {CampaignState.cancelled}
Line = Callable[[Newsletter | Skipped], None]


@dataclass
class PlanReport:
    """What a plan came to. `stored` is false for dry runs and for editions approved before."""

    edition: Edition
    letters: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    stored: bool = False


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
        return _read_back(app, campaign, edition, now, line)
    return _plan_edition(app, app.library(), campaign, edition, now, dry_run=dry_run, line=line)


def _plan_edition(
    app: App, opened: OpenLibrary, campaign: Campaign, edition: Edition, now: datetime, *, dry_run: bool = False, line: Line | None = None
) -> PlanReport:
    report, planner = PlanReport(edition), secrets.token_hex(8)
    require_content(campaign, opened)
    if not dry_run:
        with writing(app.engine) as db:
            edition = report.edition = edition if edition.number else make_edition(db, campaign.number, edition.scheduled)
            begin_planning(db, edition.number, planner, forecast_axes(opened.library))
    for decided in _decide_pages(app, opened, campaign, edition, now):
        skipped = decided.skip[decided.skip >= 0]
        report.letters += len(decided) - len(skipped)
        report.skipped.update({SKIPS[code].value: n for code, n in enumerate(np.bincount(skipped).tolist()) if n})
        if line:
            for r in range(len(decided)):
                line(decided.outcome(r))
        if not dry_run:
            rows = _rows(app, edition, decided)
            with writing(app.engine) as db:
                insert_planned(db, edition.number, planner, rows)
    if not dry_run:
        with writing(app.engine) as db:
            finish_planning(db, edition.number, planner, opened.sources.version, now)
        report.stored = True
    return report


def _decide_pages(app: App, opened: OpenLibrary, campaign: Campaign, edition: Edition, now: datetime) -> Iterator[Decided]:
    with reading(app.engine) as db:
        beliefs = app.beliefs(db)
    last = 0
    while True:
        with reading(app.engine) as db:
            numbers = audience_page(db, campaign, last, PAGE)
            if not numbers:
                return
            decided = decide_numbers(app, db, opened, campaign, edition, numbers, now, beliefs=beliefs)
        yield decided
        last = numbers[-1]


def _rows(app: App, edition: Edition, decided: Decided) -> list[PlannedRow]:
    """What is stored of a decided page: a forecast for each letter; the reason where there is none."""
    skip, audience, times = decided.skip.tolist(), decided.audience, decided.times.send_at.tolist()
    hours = [None if code >= 0 else second for code, second in zip(skip, times, strict=True)]
    return list(
        map(
            PlannedRow,
            audience.number.tolist(),
            [OutboxState.skipped.value if code >= 0 else OutboxState.planned.value for code in skip],
            ["" if code < 0 else SKIPS[code].value for code in skip],
            [Arm.holdout.value if held else Arm.personal.value for held in decided.holdout.tolist()],
            ["" if code >= 0 else _LEVELS[level] for code, level in zip(skip, audience.level.tolist(), strict=True)],
            message_ids(app, edition, audience.recipient_id.tolist()),
            hours,
            hours,
            [None if code >= 0 else forecast for code, forecast in zip(skip, forecasts(decided), strict=True)],
        )
    )


def _read_back(app: App, campaign: Campaign, edition: Edition, now: datetime, line: Line | None = None) -> PlanReport:
    """The plan as it was stored. `line` is told what was sent, and of letters that still wait what they would be now."""
    with reading(app.engine) as db:
        letters, skipped = planned_counts(db, edition.number)
    report = PlanReport(edition, letters, Counter({reason: n for reason, n in skipped.items() if reason in _REASONS}))
    if line:
        with reading(app.engine) as db:
            for page in planned_letters(db, edition.number):
                for outcome in _outcomes(app, db, campaign, edition, page, now):
                    line(outcome)
    return report


def _outcomes(
    app: App, db: Connection, campaign: Campaign, edition: Edition, page: list[PlannedLetter], now: datetime
) -> Iterator[Newsletter | Skipped]:
    waiting = [(letter.recipient, letter.send_at) for letter in page if letter.send_at and not letter.decision and letter.reason == ""]
    again = dict(zip([number for number, _ in waiting], decide_waiting(app, db, campaign, edition, waiting, now), strict=True))
    for letter in page:
        if letter.decision:
            yield load_newsletter(letter.decision)
        elif letter.reason in _REASONS:
            yield Skipped(letter.recipient_id, 0, edition.key, Arm(letter.arm), Skip(letter.reason))
        elif letter.recipient in again:
            yield again[letter.recipient]


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
    for key, what, do in pin_problems(campaign, opened.library):
        raise ComposerError(f"{key}: {what}", where=f"campaign {campaign.name}", do=do)


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
        report = _read_back(app, campaign, edition, now)
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
