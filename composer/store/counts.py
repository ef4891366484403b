"""Counts and heartbeats: what health and metrics show."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from composer.store.tables import EventRow, EventTotalRow, MarkRow, OutboxRow, RecipientRow

HEARTBEAT = "heartbeat:"
"""Marks under this prefix hold the ISO 8601 time at which a part of the system last did its round."""


def letters_by_state(db: Connection) -> dict[str, int]:
    """State of the outbox row -> letters."""
    return _counts(db, col(OutboxRow.state))


def events_by_kind(db: Connection) -> dict[str, int]:
    """Kind of event -> events, those that were counted and deleted since included (store.retention)."""
    totals = db.execute(select(col(EventTotalRow.kind), func.sum(col(EventTotalRow.events))).group_by(col(EventTotalRow.kind)))
    counts = Counter(_counts(db, col(EventRow.kind))) + Counter({str(kind): int(events) for kind, events in totals})
    return dict(sorted(counts.items()))


def _counts(db: Connection, column: Any) -> dict[str, int]:
    return {str(word): int(count) for word, count in db.execute(select(column, func.count()).group_by(column).order_by(column))}


def count_recipients(db: Connection) -> int:
    """Recipients who have not been erased."""
    return db.execute(select(func.count()).select_from(RecipientRow).where(col(RecipientRow.erased_at).is_(None))).scalar_one()


def heartbeats(db: Connection) -> dict[str, datetime]:
    """Part of the system -> when it last did its round."""
    name, value = col(MarkRow.name), col(MarkRow.value)
    rows = db.execute(select(name, value).where(name.startswith(HEARTBEAT)).order_by(name)).all()
    beats = {row[0].removeprefix(HEARTBEAT): datetime.fromisoformat(row[1]) for row in rows}
    return {part: at if at.tzinfo else at.replace(tzinfo=UTC) for part, at in beats.items()}
