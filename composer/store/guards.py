"""What the guards of a campaign count, and what had been counted when a person resumed it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, case, distinct, func, select, text
from sqlmodel import col

from composer.dispatch.guards import Counts
from composer.domain.campaign import CampaignState, EditionState
from composer.domain.outcome import OutboxState
from composer.store.marks import get_mark, set_mark
from composer.store.outbox import AT_REST
from composer.store.tables import CampaignRow, EditionRow, EventRow, OutboxRow

_SEEN = "guards-seen:"
_TROUBLE = text("events.kind IN ('bounced', 'spam_complaint')")
"""As the index events_of_trouble has it: a bound value would hide it from SQLite."""


def count_trouble(db: Connection, campaign: int) -> tuple[int, int]:
    """Letters of a campaign that were complained about, and those whose address turned out dead."""
    kind, value, outbox = col(EventRow.kind), col(EventRow.value), col(EventRow.outbox)
    dead = (kind == "bounced") & ~value.startswith("soft")
    complaints, bounces = db.execute(
        select(func.count(distinct(case((kind == "spam_complaint", outbox)))), func.count(distinct(case((dead, outbox)))))
        .select_from(EventRow)
        .join(OutboxRow, col(OutboxRow.number) == outbox)
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(_TROUBLE, col(EditionRow.campaign) + 0 == campaign)  # + 0: begin at the few events, not at a million letters
    ).one()
    return int(complaints), int(bounces)


def count_letters(db: Connection, campaign: int, most: int | None = None) -> tuple[int, int]:
    """Letters of a campaign that were accepted, and those that were tried and have an end; of these `most` are counted at most."""
    state = col(OutboxRow.state)
    tried = state.in_([OutboxState.accepted.value, OutboxState.refused.value, OutboxState.unknown.value])
    of_it = select(state).join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition)).where(col(EditionRow.campaign) == campaign)
    some = of_it.where(tried).limit(most).subquery()
    row: Any = db.execute(select(func.count(case((some.c.state == OutboxState.accepted.value, 1))), func.count()).select_from(some)).one()
    return int(row[0]), int(row[1])


def seen(db: Connection, campaign: int) -> Counts:
    """What had been counted when the campaign was resumed last."""
    value = get_mark(db, f"{_SEEN}{campaign}")
    return Counts(**json.loads(value)) if value else Counts()


def note_seen(db: Connection, campaign: int) -> None:
    """What has been counted so far halts the campaign no more: a person has seen it."""
    complaints, bounces = count_trouble(db, campaign)
    accepted, tried = count_letters(db, campaign)
    counts = {"accepted": accepted, "complaints": complaints, "tried": tried, "bounces": bounces}
    set_mark(db, f"{_SEEN}{campaign}", json.dumps(counts))


def halted_by(db: Connection, reason: str) -> list[tuple[str, str]]:
    """(campaign, reason) of paused campaigns whose letters wait and whose reason begins with `reason`."""
    waits = (
        select(col(OutboxRow.number))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(
            col(EditionRow.campaign) == col(CampaignRow.number),
            col(EditionRow.state) == EditionState.approved.value,
            col(OutboxRow.state).in_(AT_REST),
            col(OutboxRow.due_at).is_not(None),
        )
    )
    rows = db.execute(
        select(col(CampaignRow.name), col(CampaignRow.reason))
        .where(col(CampaignRow.state) == CampaignState.paused.value, col(CampaignRow.reason).startswith(reason), waits.exists())
        .order_by(col(CampaignRow.number))
    )
    return [(name, why) for name, why in rows]
