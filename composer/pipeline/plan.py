"""Plan: decide an edition for everybody in its audience and store a forecast for each, one page at a time.

A plan that was broken off leaves an edition that is not planned: nobody can approve it, and planning again
starts it from nothing. After approval planning changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from sqlalchemy import Connection

from composer.app import App
from composer.decide import Decided
from composer.decide.forecast import forecast_axes
from composer.decide.pins_fit import pin_problems
from composer.domain.audience import Audience
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, CampaignState, Edition, EditionState
from composer.domain.lifecycle import STEPS, Step, after_step
from composer.domain.moment import Moment
from composer.errors import ComposerError, Refused
from composer.library import OpenLibrary
from composer.logs import log
from composer.pipeline._heap import kept_memory
from composer.pipeline._planned import briefs, count, planned_rows
from composer.pipeline._read_back import read_back
from composer.pipeline.deciding import decide_audience, load_numbers
from composer.pipeline.grounds import require_ground
from composer.pipeline.told import BriefLine, Line, PlanReport
from composer.store.audience import audience_page, find_twins
from composer.store.campaigns import (
    approved_edition,
    campaign_of_edition,
    editions_of,
    get_campaign,
    list_campaigns,
    make_edition,
    move_edition,
    take_step,
)
from composer.store.engine import reading, writing
from composer.store.library_versions import keep_sources
from composer.store.plans import PlannedRow, approve_plan, begin_planning, finish_planning, insert_planned, is_current, is_planned

PAGE = 5_000
"""Recipients whose columns are read at a time."""
CELLS = 200_000
"""Recipients x modules that are decided at a time: their arrays fit into the processor's cache."""
STORED = 40_000
"""Letters that are stored at a time: Message-IDs stand in their index as they fall, and every transaction writes most of its pages."""


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


def plan(
    app: App, name: str, now: datetime, *, dry_run: bool = False, line: Line | None = None, brief: BriefLine | None = None
) -> PlanReport:
    """Plan the next edition of a campaign, calling `line` and `brief` for every recipient in order of import.

    `line` costs far more than the plan itself: it is told whole newsletters.

    ComposerError where there is no such campaign or its layout or modules are not in the library; Refused where it is cancelled.
    """
    with reading(app.engine) as db:
        campaign = get_campaign(db, name)
        edition = next_edition(db, campaign, now)
    if campaign.state == CampaignState.cancelled:
        raise _cancelled(name, "plan")
    if edition.state != EditionState.planned:
        return read_back(app, campaign, edition, now, line, brief)
    return _plan_edition(app, app.library(), campaign, edition, now, dry_run=dry_run, line=line, brief=brief)


def _plan_edition(
    app: App,
    opened: OpenLibrary,
    campaign: Campaign,
    edition: Edition,
    now: datetime,
    *,
    dry_run: bool = False,
    line: Line | None = None,
    brief: BriefLine | None = None,
) -> PlanReport:
    report, planner = PlanReport(edition), secrets.token_hex(8)
    require_content(campaign, opened)
    if not dry_run:
        with writing(app.engine) as db:
            edition = report.edition = edition if edition.number else make_edition(db, campaign.number, edition.scheduled)
            begin_planning(db, edition.number, planner, forecast_axes(opened.library))
            campaign = campaign_of_edition(db, edition)  # the settings that are stored with the plan, whatever comes meanwhile
    with kept_memory():
        rows: list[PlannedRow] = []
        for page in _pages(app, opened, campaign, edition, now):
            rows += _tell(app, edition, page, report, line, brief, keep=not dry_run)
            if len(rows) >= STORED:
                _store(app, edition, planner, rows)
        _store(app, edition, planner, rows)
    if not dry_run:
        with writing(app.engine) as db:
            finish_planning(db, edition.number, planner, opened.sources.version, now)
        report.stored = True
    return report


def _store(app: App, edition: Edition, planner: str, rows: list[PlannedRow]) -> None:
    if rows:
        with writing(app.engine) as db:
            insert_planned(db, edition.number, planner, rows)
    rows.clear()


def _tell(
    app: App, edition: Edition, page: Iterator[Decided], report: PlanReport, line: Line | None, brief: BriefLine | None, *, keep: bool
) -> list[PlannedRow]:
    """Count a page and tell of it; return what is stored of it."""
    rows: list[PlannedRow] = []
    for decided in page:
        count(decided, report)
        if line:
            for r in range(len(decided)):
                line(decided.outcome(r))
        if brief:
            for words in briefs(decided):
                brief(words)
        if keep:
            rows += planned_rows(app, edition, decided)
    return rows


def _pages(app: App, opened: OpenLibrary, campaign: Campaign, edition: Edition, now: datetime) -> Iterator[Iterator[Decided]]:
    """The audience, a page at a time, each decided in batches."""
    with reading(app.engine) as db:
        beliefs, twins = app.beliefs(db), find_twins(db)
    last = 0
    while True:
        with reading(app.engine) as db:
            numbers = audience_page(db, campaign, last, PAGE)
            if not numbers:
                return
            loaded = load_numbers(app, db, opened, campaign, edition, numbers, now, twins=twins)
        last = numbers[-1]
        yield decide_in_batches(app, opened, campaign, edition, beliefs, *loaded)
        del loaded  # before the next page is read


def decide_in_batches(
    app: App, opened: OpenLibrary, campaign: Campaign, edition: Edition, beliefs: Beliefs, audience: Audience, moment: Moment
) -> Iterator[Decided]:
    """Decide for recipients whose columns were read, in their order."""
    batch = max(1, CELLS // max(1, len(opened.library.modules)))
    for start in range(0, len(audience), batch):
        yield decide_audience(app, audience.part(start, start + batch), opened, campaign, edition, moment, beliefs)


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
    """Approve the campaign's next edition, unless it is approved, and start it: letters may leave.

    An edition that is not planned, was planned for another time, from another library version or with other settings is planned first.
    Refused where the campaign is paused or has ended, its one edition is approved already, or the next one is neither due nor planned.
    """
    return _move_on(app, name, now, at, Step.schedule)


def approve(app: App, name: str, now: datetime, at: datetime | None = None) -> PlanReport:
    """Approve the campaign's next edition as `schedule` does, without starting it: module versions, layout and settings are frozen."""
    return _move_on(app, name, now, at, Step.approve)


def _move_on(app: App, name: str, now: datetime, at: datetime | None, step: Step) -> PlanReport:
    opened, where, ready = app.library(), f"campaign {step}", False
    with writing(app.engine) as db:
        campaign = get_campaign(db, name)
        _require_legal(campaign, step)
        require_ground(db, campaign, where)
        if campaign.relay:  # the configuration may have changed since the campaign was made
            app.settings.relay(campaign.relay, f"campaign {name}: relay")
        edition = next_edition(db, campaign, now)
        starts = approved_edition(db, campaign) if step is Step.schedule and campaign.state is CampaignState.approved else None
        if starts is None:
            edition = _edition_to_approve(db, campaign, edition, now, at, where)
            current = edition.library_version == opened.sources.version and is_current(db, edition.number)
            ready = is_planned(db, edition.number) and current
        elif at is not None and at.replace(second=0, microsecond=0) != starts.scheduled:
            raise Refused(f"the edition is approved for {starts.scheduled:%Y-%m-%d %H:%M} UTC", where=where, do="Leave --at out.")
    if starts is not None:
        report = read_back(app, campaign, starts, now)
    elif ready:
        report = read_back(app, campaign, edition, now)
    else:
        report = _plan_edition(app, opened, campaign, edition, now)
    with writing(app.engine) as db:
        if starts is None:
            keep_sources(db, opened.sources, now)
            approve_plan(db, edition.number, opened.sources.version, now)
        if not take_step(db, campaign.number, step):
            _require_legal(get_campaign(db, name), step)
    return report


def _edition_to_approve(db: Connection, campaign: Campaign, edition: Edition, now: datetime, at: datetime | None, where: str) -> Edition:
    """The next edition, stored and at the time that is wanted; Refused where it may not be approved."""
    wanted = at.replace(second=0, microsecond=0) if at else edition.scheduled
    if not edition.number and at is None and edition.scheduled > now and editions_of(db, campaign.number):
        time = f"{edition.scheduled:%Y-%m-%d %H:%M} UTC"
        raise Refused(
            f"campaign '{campaign.name}' is approved already, and its next edition approves itself at {time}",
            where=where,
            do="'composer plan' and 'campaign schedule' approve that edition ahead of its time; 'campaign resume' ends a pause.",
        )
    if not edition.number:
        edition = make_edition(db, campaign.number, wanted)
    if edition.state != EditionState.planned:
        raise Refused(
            f"campaign '{campaign.name}' is approved already",
            where=where,
            do="'composer campaign show' tells its state; a paused one goes on with 'campaign resume'.",
        )
    if wanted != edition.scheduled:
        begin_planning(db, edition.number, "")
        move_edition(db, edition.number, wanted)
        edition = replace(edition, scheduled=wanted)
    return edition


def _require_legal(campaign: Campaign, step: Step) -> None:
    """Refused where the campaign's state does not allow the step."""
    if campaign.state is CampaignState.cancelled:
        raise _cancelled(campaign.name, f"campaign {step}")
    if after_step(campaign.state, step) is None:
        raise Refused(
            f"campaign '{campaign.name}' is {campaign.state.value}",
            where=f"campaign {step}",
            do=f"Only a campaign that is {' or '.join(STEPS[step])} can be given '{step}'."
            + (" 'campaign resume' ends the pause." if campaign.state is CampaignState.paused else ""),
        )


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
