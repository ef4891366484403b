"""Rows of the outbox that cannot be: what no step of ours leaves behind, found by counting."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from composer.domain.campaign import CampaignState, EditionState
from composer.domain.outcome import OutboxState
from composer.store.tables import CampaignRow, EditionRow, OutboxRow

_TABLE: Any = OutboxRow.__table__  # type: ignore[attr-defined]
_STATE = _TABLE.c.state
_NEVER = {
    "letters wait without a time": _STATE.in_((OutboxState.planned.value, OutboxState.try_later.value)) & _TABLE.c.due_at.is_(None),
    "letters are being sent by nobody": (OutboxState.sending.value == _STATE) & (_TABLE.c.lease_until.is_(None)),
    "accepted letters without a time": (OutboxState.accepted.value == _STATE) & _TABLE.c.accepted_at.is_(None),
    "ended letters that would be tried again": _STATE.in_(
        (OutboxState.accepted.value, OutboxState.refused.value, OutboxState.skipped.value, OutboxState.expired.value)
    )
    & _TABLE.c.due_at.is_not(None),
}


def crooked_letters(db: Connection) -> dict[int, list[str]]:
    """Edition -> what is wrong with its letters, each with how many; editions with nothing wrong are absent."""
    found: dict[int, list[str]] = {}
    for what, condition in _NEVER.items():
        for edition, n in db.execute(select(_TABLE.c.edition, func.count()).where(condition).group_by(_TABLE.c.edition)):
            found.setdefault(int(edition), []).append(f"{n} {what}")
    return found


def ended_too_soon(db: Connection) -> list[str]:
    """Finished campaigns with an edition that is not, by name."""
    rows = db.execute(
        select(col(CampaignRow.name))
        .join(EditionRow, col(EditionRow.campaign) == col(CampaignRow.number))
        .where(col(CampaignRow.state) == CampaignState.finished.value, col(EditionRow.state) == EditionState.approved.value)
        .order_by(col(CampaignRow.name))
        .distinct()
    )
    return [str(name) for name in rows.scalars()]
