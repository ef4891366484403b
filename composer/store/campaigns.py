"""Campaigns and editions: rows in, nouns out."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlmodel import col

from composer.domain.campaign import Campaign, CampaignState, Edition, EditionState
from composer.errors import ComposerError, Refused
from composer.store.campaign_file import campaign_of
from composer.store.engine import insert_into
from composer.store.tables import CampaignRow, EditionRow


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


def _campaign(row: Any) -> Campaign:
    return campaign_of(json.loads(row.settings), where=f"campaign {row.name}", number=row.number, state=CampaignState(row.state))


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
    row: Any = db.execute(
        select(CampaignRow.__table__, col(EditionRow.settings).label("frozen"))  # type: ignore[attr-defined]
        .join(EditionRow, col(EditionRow.campaign) == col(CampaignRow.number))
        .where(col(EditionRow.number) == edition.number)
    ).one()
    return campaign_of(
        json.loads(row.frozen or row.settings), where=f"campaign {row.name}", number=row.number, state=CampaignState(row.state)
    )


def list_campaigns(db: Connection) -> list[Campaign]:
    """All campaigns, oldest first."""
    rows = db.execute(select(CampaignRow.__table__).order_by(col(CampaignRow.number)))  # type: ignore[attr-defined]
    return [_campaign(row) for row in rows]


def campaign_reason(db: Connection, number: int) -> str:
    """Why the campaign is paused, where the system paused it."""
    return db.execute(select(col(CampaignRow.reason)).where(col(CampaignRow.number) == number)).scalar_one()


def move_campaign(db: Connection, number: int, among: Collection[CampaignState], state: CampaignState, reason: str = "") -> bool:
    """Move a campaign on from one of the states `among`; False where it is in none of them (any more)."""
    states = [word.value for word in among]
    changed = update(CampaignRow).where(col(CampaignRow.number) == number, col(CampaignRow.state).in_(states))
    return bool(db.execute(changed.values(state=state.value, reason=reason)).rowcount)


def _edition(row: Any) -> Edition:
    return Edition(
        campaign=row.name,
        scheduled=row.scheduled,
        number=row.number,
        campaign_number=row.campaign,
        state=EditionState(row.state),
        library_version=row.library_version,
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
