"""Campaigns and editions: rows in, nouns out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, exists, insert, select, update
from sqlmodel import col

from composer.domain.campaign import Campaign, CampaignState, Edition, EditionState
from composer.domain.lifecycle import EDITABLE, STEPS, Step
from composer.domain.outcome import OutboxState
from composer.errors import ComposerError, Refused
from composer.store.campaign_file import campaign_of
from composer.store.engine import insert_into
from composer.store.tables import CampaignRow, EditionRow, OutboxRow


def create_campaign(db: Connection, keys: Mapping[str, Any], now: datetime) -> Campaign:
    """Store a new campaign. ComposerError where the name is taken."""
    if db.execute(select(col(CampaignRow.number)).where(col(CampaignRow.name) == keys["name"])).first():
        raise ComposerError(
            f"a campaign named '{keys['name']}' exists",
            where="campaign create",
            do="Choose another name; 'composer campaign list' shows those taken.",
        )
    db.execute(
        insert(CampaignRow).values(
            name=keys["name"], state=CampaignState.draft.value, settings=json.dumps(dict(keys), sort_keys=True), reason="", created_at=now
        )
    )
    return get_campaign(db, keys["name"])


def _campaign(row: Any, frozen: str = "", version: int = 0) -> Campaign:
    state, settings = CampaignState(row.state), json.loads(frozen or row.settings)
    return campaign_of(settings, where=f"campaign {row.name}", number=row.number, state=state, version=version or row.version)


def edit_campaign(db: Connection, name: str, keys: Mapping[str, Any]) -> Campaign:
    """Give a campaign other settings: in place, or as a new version where some edition was approved with those it has.

    Refused where it is finished or cancelled.
    """
    campaign = get_campaign(db, name)
    row: Any = db.execute(
        select(col(CampaignRow.version), col(CampaignRow.state)).where(col(CampaignRow.number) == campaign.number).with_for_update()
    ).one()
    if row.state not in EDITABLE:
        raise Refused(f"campaign '{name}' is {row.state}", where="campaign edit", do="Create a new campaign.")
    approved = select(col(EditionRow.number)).where(
        col(EditionRow.campaign) == campaign.number,
        col(EditionRow.version) == row.version,
        col(EditionRow.state) != EditionState.planned.value,
    )
    new = {"settings": json.dumps(dict(keys), sort_keys=True), "version": row.version + bool(db.execute(approved.limit(1)).first())}
    changed = col(CampaignRow.settings) != new["settings"]
    db.execute(update(CampaignRow).where(col(CampaignRow.number) == campaign.number, changed).values(new))
    return get_campaign(db, name)


def get_campaign(db: Connection, name: str) -> Campaign:
    """Return the campaign of that name; ComposerError where there is none."""
    row = db.execute(select(CampaignRow.__table__).where(col(CampaignRow.name) == name)).first()  # type: ignore[attr-defined]
    if row is None:
        raise ComposerError(f"no campaign named '{name}'", where="campaign", do="'composer campaign list' shows those there are.")
    return _campaign(row)


def get_campaign_by_number(db: Connection, number: int) -> Campaign | None:
    row = db.execute(select(CampaignRow.__table__).where(col(CampaignRow.number) == number)).first()  # type: ignore[attr-defined]
    return None if row is None else _campaign(row)


def campaign_of_edition(db: Connection, edition: Edition) -> Campaign:
    """The campaign of a stored edition with the settings it was planned with, which approval froze; its state is today's."""
    frozen: Any = col(EditionRow.settings).label("frozen")
    version: Any = col(EditionRow.version).label("planned_version")
    row: Any = db.execute(
        select(CampaignRow.__table__, frozen, version)  # type: ignore[attr-defined]
        .join(EditionRow, col(EditionRow.campaign) == col(CampaignRow.number))
        .where(col(EditionRow.number) == edition.number)
    ).one()
    return _campaign(row, row.frozen, row.planned_version)


def campaign_of_letter(db: Connection, campaign: int, scheduled: datetime) -> Campaign | None:
    """The campaign that a token speaks of, with the settings its letter was planned with; None where there is none (any more)."""
    edition = find_edition(db, campaign, scheduled)
    return campaign_of_edition(db, edition) if edition else get_campaign_by_number(db, campaign)


def list_campaigns(db: Connection) -> list[Campaign]:
    """All campaigns, oldest first."""
    rows = db.execute(select(CampaignRow.__table__).order_by(col(CampaignRow.number)))  # type: ignore[attr-defined]
    return [_campaign(row) for row in rows]


def campaign_reason(db: Connection, number: int) -> str:
    """Why the campaign is paused, where the system paused it."""
    return db.execute(select(col(CampaignRow.reason)).where(col(CampaignRow.number) == number)).scalar_one()


def take_step(db: Connection, number: int, step: Step, reason: str = "") -> bool:
    """Move a campaign on; False where the step is not legal in its state (any more)."""
    state = col(CampaignRow.state)
    legal = {before.value: then.value for before, then in STEPS[step].items()}
    moved = update(CampaignRow).where(col(CampaignRow.number) == number, state.in_(legal))
    return bool(db.execute(moved.values(state=case(legal, value=state), reason=reason)).rowcount)


def leaving(db: Connection) -> set[int]:
    """Campaigns with an approved edition of which some letter has been begun and others may follow."""
    still = (OutboxState.planned.value, OutboxState.skipped.value)
    begun = select(col(OutboxRow.number)).where(col(OutboxRow.edition) == col(EditionRow.number), col(OutboxRow.state).not_in(still))
    approved = select(col(EditionRow.campaign)).where(col(EditionRow.state) == EditionState.approved.value, begun.exists())
    return set(db.execute(approved).scalars())


def fully_sent(db: Connection) -> list[Campaign]:
    """Scheduled campaigns all of whose editions have ended."""
    of_it = col(EditionRow.campaign) == col(CampaignRow.number)
    ended = (EditionState.finished.value, EditionState.cancelled.value)
    some, open_ = select(col(EditionRow.number)).where(of_it), select(col(EditionRow.number)).where(of_it)
    rows = db.execute(
        select(CampaignRow.__table__).where(  # type: ignore[attr-defined]
            col(CampaignRow.state) == CampaignState.scheduled.value,
            some.exists(),
            ~open_.where(col(EditionRow.state).not_in(ended)).exists(),
        )
    )
    return [_campaign(row) for row in rows]


def _edition(row: Any) -> Edition:
    return Edition(
        campaign=row.name,
        scheduled=row.scheduled,
        number=row.number,
        campaign_number=row.campaign,
        state=EditionState(row.state),
        library_version=row.library_version,
        version=row.version,
        audience=row.audience,
    )


def _editions() -> Any:
    return select(EditionRow.__table__, col(CampaignRow.name)).join(  # type: ignore[attr-defined]
        CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign)
    )


def get_edition(db: Connection, number: int) -> Edition:
    return _edition(db.execute(_editions().where(col(EditionRow.number) == number)).one())


def find_edition(db: Connection, campaign: int, scheduled: datetime) -> Edition | None:
    """Return the campaign's edition for exactly this time."""
    row = db.execute(_editions().where(col(EditionRow.campaign) == campaign, col(EditionRow.scheduled) == scheduled)).first()
    return None if row is None else _edition(row)


def editions_of(db: Connection, campaign: int) -> list[Edition]:
    """The campaign's editions, oldest first."""
    rows = db.execute(_editions().where(col(EditionRow.campaign) == campaign).order_by(col(EditionRow.scheduled)))
    return [_edition(row) for row in rows]


def approved_edition(db: Connection, campaign: Campaign) -> Edition | None:
    """The newest approved edition of a campaign that has not ended."""
    return next((one for one in reversed(editions_of(db, campaign.number)) if one.state is EditionState.approved), None)


def cancelled_editions(db: Connection) -> list[int]:
    """Approved editions of cancelled campaigns: letters that were under way when it was cancelled may have come back to them."""
    approved = _editions().where(
        col(EditionRow.state) == EditionState.approved.value, col(CampaignRow.state) == CampaignState.cancelled.value
    )
    return [row.number for row in db.execute(approved)]


def make_edition(db: Connection, campaign: int, scheduled: datetime) -> Edition:
    """Store a new planned edition, or return the one there is for that time."""
    new = insert_into(db, EditionRow).values(
        campaign=campaign, scheduled=scheduled, state=EditionState.planned.value, library_version="", planner=""
    )
    db.execute(new.on_conflict_do_nothing())
    edition = find_edition(db, campaign, scheduled)
    assert edition is not None
    return edition


def set_edition_state(db: Connection, edition: int, state: EditionState) -> None:
    db.execute(update(EditionRow).where(col(EditionRow.number) == edition).values(state=state.value))


def move_edition(db: Connection, edition: int, scheduled: datetime) -> None:
    """Give a planned edition another time; whatever was planned for it must be planned again. Refused where that time is taken."""
    campaign = select(col(EditionRow.campaign)).where(col(EditionRow.number) == edition).scalar_subquery()
    taken = select(col(EditionRow.number)).where(col(EditionRow.campaign) == campaign, col(EditionRow.scheduled) == scheduled)
    if db.execute(taken).first():
        raise Refused("the campaign has an edition for that time", where="campaign schedule", do="Choose another time with --at.")
    db.execute(update(EditionRow).where(col(EditionRow.number) == edition).values(scheduled=scheduled))


def newest_begun(db: Connection) -> datetime | None:
    """When the newest edition of which a letter has left, or begun to, was scheduled for; None before the first."""
    begun = exists().where(col(OutboxRow.edition) == col(EditionRow.number), col(OutboxRow.frozen))
    return db.execute(select(col(EditionRow.scheduled)).where(begun).order_by(col(EditionRow.scheduled).desc()).limit(1)).scalar()
