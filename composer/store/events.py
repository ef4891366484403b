"""Events: what people did, and what became of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from composer.store.tables import EventRow
from composer.store.upsert import Touched, defaults, upsert


def save_events(db: Connection, rows: Sequence[Mapping[str, Any]], given: Sequence[str]) -> Touched:
    """Add or update events by event_id, setting the `given` columns."""
    return upsert(db, EventRow, [{**_DEFAULTS, **row} for row in rows], ["event_id"], given)


_DEFAULTS = defaults(EventRow)
