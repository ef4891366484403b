"""Campaigns as operators handle them: create, edit, look at, pause, resume, cancel."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from composer.app import App
from composer.decide.pins_fit import pin_problems
from composer.domain.campaign import Campaign, EditionState
from composer.domain.lifecycle import STEPS, Step, shown_state
from composer.errors import Refused, UsageError
from composer.pipeline.foresee import forecast_of
from composer.pipeline.plan import require_content
from composer.render.fields import LINE_FIELDS, problems
from composer.store.campaign_file import campaign_of, describe, read_campaign_file
from composer.store.campaigns import (
    campaign_reason,
    create_campaign,
    edit_campaign,
    editions_of,
    get_campaign,
    leaving,
    list_campaigns,
    set_edition_state,
    take_step,
)
from composer.store.consents import bump_suppression_version
from composer.store.engine import reading, writing
from composer.store.guards import note_seen
from composer.store.plans import cancel_waiting, state_counts

_GO_ON = (EditionState.approved, EditionState.finished)


def create_from_file(app: App, file: Path, now: datetime) -> dict[str, Any]:
    """Check the file against the library and store the campaign as a draft."""
    keys = _checked(app, file)
    with writing(app.engine) as db:
        campaign = create_campaign(db, keys, now)
    return {"state": campaign.state.value, **describe(campaign)}


def edit_from_file(app: App, name: str, file: Path) -> dict[str, Any]:
    """Give a campaign the settings of a file, checked as at creation.

    A draft is changed in place. What an edition was approved with stands for that edition: the new settings are then another
    version, for the editions to come. UsageError where the file names another campaign, Refused where the campaign has ended.
    """
    keys = _checked(app, file)
    if keys["name"] != name:
        raise UsageError(f"name: is '{keys['name']}'", where=str(file), do=f"Write '{name}': a campaign keeps its name.")
    with writing(app.engine) as db:
        campaign = edit_campaign(db, name, keys)
        older = [one.key for one in editions_of(db, campaign.number) if 0 < one.version < campaign.version and one.state in _GO_ON]
    return {"state": campaign.state.value, "version": campaign.version, "unchanged_editions": older, **describe(campaign)}


def _checked(app: App, file: Path) -> dict[str, Any]:
    """Return the file's keys; UsageError or ComposerError where the library cannot serve them."""
    keys = read_campaign_file(file)
    wanted = campaign_of(keys, where=str(file))
    _require_words(wanted, str(file))
    if wanted.relay:
        app.settings.relay(wanted.relay, f"{file}: relay")
    opened = app.library()
    if wanted.layout in opened.library.layouts and opened.library.modules:
        for key, what, do in pin_problems(wanted, opened.library):
            raise UsageError(f"{key}: {what}", where=str(file), do=do)
    require_content(wanted, opened)
    return keys


def _require_words(campaign: Campaign, where: str) -> None:
    """UsageError where a line of the campaign could not be merged: found here, it costs nobody a letter."""
    wrong = [
        (f"subject.{language}", problem.message) for language, line in campaign.subject.items() for problem in problems(line, LINE_FIELDS)
    ]
    if problems(campaign.title, frozenset()):
        wrong.append(("title", "may hold no merge fields"))
    for key, message in wrong:
        raise UsageError(f"{key}: {message}", where=where, do=f"Correct {key}; docs/campaigns.md explains it.")


def overview(app: App) -> list[dict[str, Any]]:
    """One row a campaign."""
    with reading(app.engine) as db:
        under_way = leaving(db)
        return [
            {
                "name": one.name,
                "title": one.title,
                "state": shown_state(one.state, leaving=one.number in under_way),
                "reason": campaign_reason(db, one.number),
            }
            for one in list_campaigns(db)
        ]


def show(app: App, name: str) -> dict[str, Any]:
    """Every key in force, the editions with their counts by state, and what is foreseen in the letters of the newest."""
    with reading(app.engine) as db:
        campaign = get_campaign(db, name)
        stored = editions_of(db, campaign.number)
        editions = [
            {
                "edition": one.key,
                "state": one.state.value,
                "version": one.version,
                "library": one.library_version,
                **state_counts(db, one.number),
            }
            for one in stored
        ]
        forecast = forecast_of(db, stored[-1]) if stored else []
        reason = campaign_reason(db, campaign.number)
        state = shown_state(campaign.state, leaving=campaign.number in leaving(db))
    head = {"state": state, "reason": reason, "version": campaign.version}
    return {**head, **describe(campaign), "editions": editions, "forecast": forecast}


def change_state(app: App, name: str, verb: str) -> dict[str, Any]:
    """Pause, resume or cancel. Refused where the campaign's state does not allow it."""
    step = Step(verb)
    with writing(app.engine) as db:
        campaign = get_campaign(db, name)
        if not take_step(db, campaign.number, step):
            raise Refused(
                f"campaign '{name}' is {campaign.state.value}",
                where=f"campaign {verb}",
                do=f"Only a campaign that is {' or '.join(STEPS[step])} can be given '{verb}'.",
            )
        if step is Step.resume:
            note_seen(db, campaign.number)
        else:
            bump_suppression_version(db)  # letters that are claimed already stay too
        cancelled = 0
        if step is Step.cancel:
            for edition in editions_of(db, campaign.number):
                cancelled += cancel_waiting(db, edition.number)
                if edition.state == EditionState.planned:
                    set_edition_state(db, edition.number, EditionState.cancelled)
        became = get_campaign(db, name).state.value
    fields: dict[str, Any] = {"name": name, "state": became}
    return {**fields, "letters_cancelled": cancelled} if step is Step.cancel else fields
