"""Campaigns as operators handle them: create, look at, pause, resume, cancel."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from composer.app import App
from composer.decide.pins_fit import pin_problems
from composer.domain.campaign import Campaign, CampaignState, EditionState
from composer.errors import Refused, UsageError
from composer.pipeline.foresee import forecast_of
from composer.pipeline.plan import require_content
from composer.render.fields import LINE_FIELDS, problems
from composer.store.campaign_file import campaign_of, describe, read_campaign_file
from composer.store.campaigns import (
    campaign_reason,
    create_campaign,
    editions_of,
    get_campaign,
    list_campaigns,
    move_campaign,
    set_edition_state,
)
from composer.store.consents import bump_suppression_version
from composer.store.engine import reading, writing
from composer.store.plans import cancel_waiting, state_counts

_ALLOWED = {
    "pause": (CampaignState.scheduled,),
    "resume": (CampaignState.paused,),
    "cancel": (CampaignState.draft, CampaignState.scheduled, CampaignState.paused),
}
_BECOMES = {"pause": CampaignState.paused, "resume": CampaignState.scheduled, "cancel": CampaignState.cancelled}


def create_from_file(app: App, file: Path, now: datetime) -> dict[str, Any]:
    """Check the file against the library and store the campaign as a draft."""
    keys = read_campaign_file(file)
    wanted = campaign_of(keys, where=str(file))
    _require_words(wanted, str(file))
    opened = app.library()
    if wanted.layout in opened.library.layouts and opened.library.modules:
        for key, what, do in pin_problems(wanted, opened.library):
            raise UsageError(f"{key}: {what}", where=str(file), do=do)
    require_content(wanted, opened)
    with writing(app.engine) as db:
        campaign = create_campaign(db, keys, now)
    return {"state": campaign.state.value, **describe(campaign)}


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
        return [
            {"name": c.name, "title": c.title, "state": c.state.value, "reason": campaign_reason(db, c.number)} for c in list_campaigns(db)
        ]


def show(app: App, name: str) -> dict[str, Any]:
    """Every key in force, the editions with their counts by state, and what is foreseen in the letters of the newest."""
    with reading(app.engine) as db:
        campaign = get_campaign(db, name)
        stored = editions_of(db, campaign.number)
        editions = [
            {"edition": edition.key, "state": edition.state.value, "library": edition.library_version, **state_counts(db, edition.number)}
            for edition in stored
        ]
        forecast = forecast_of(db, stored[-1]) if stored else []
        reason = campaign_reason(db, campaign.number)
    return {"state": campaign.state.value, "reason": reason, **describe(campaign), "editions": editions, "forecast": forecast}


def change_state(app: App, name: str, verb: str) -> dict[str, Any]:
    """Pause, resume or cancel. Refused where the campaign's state does not allow it."""
    with writing(app.engine) as db:
        campaign = get_campaign(db, name)
        if not move_campaign(db, campaign.number, _ALLOWED[verb], _BECOMES[verb]):
            allowed = " or ".join(state.value for state in _ALLOWED[verb])
            raise Refused(
                f"campaign '{name}' is {campaign.state.value}",
                where=f"campaign {verb}",
                do=f"Only a campaign that is {allowed} can be given '{verb}'.",
            )
        if verb != "resume":
            bump_suppression_version(db)  # letters that are claimed already stay too
        cancelled = 0
        if verb == "cancel":
            for edition in editions_of(db, campaign.number):
                cancelled += cancel_waiting(db, edition.number)
                if edition.state == EditionState.planned:
                    set_edition_state(db, edition.number, EditionState.cancelled)
    fields: dict[str, Any] = {"name": name, "state": _BECOMES[verb].value}
    return {**fields, "letters_cancelled": cancelled} if verb == "cancel" else fields
