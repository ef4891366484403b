"""Track: what others tell of people and their letters becomes events, and a click marks the block it was on.

What comes to our own pages goes by pipeline/observing.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from composer.app import App
from composer.domain.consent import CLICKS, OPENS
from composer.store.consents import granted
from composer.store.engine import writing
from composer.store.outcomes import add_events, mark_clicked
from composer.store.recipients import find_recipient
from composer.store.rights import restricted

_NEEDS = {"clicked": CLICKS, "opened": OPENS}
"""Observations that are made with consent only, and of nobody whose data is restricted (GDPR article 18)."""


def record_events(app: App, rows: Sequence[Mapping[str, Any]], now: datetime | None = None) -> int:
    """Append events and return how many were new; known event_ids, strangers and what lacks consent are left out.

    A row has event_id, kind, occurred_at (or `now`), `recipient` (row number) or `recipient_id`, and may have module,
    product, value and outbox (the letter's row number).
    """
    with writing(app.engine) as db:
        return _record(db, rows, now)


def _record(db: Connection, rows: Sequence[Mapping[str, Any]], now: datetime | None) -> int:
    numbers: dict[str, int | None] = {}
    for row in rows:
        if "recipient" not in row and row["recipient_id"] not in numbers:
            numbers[row["recipient_id"]] = find_recipient(db, row["recipient_id"])
    events = [event for row in rows if (event := _event(row, numbers, now)) is not None]
    people = sorted({event["recipient"] for event in events})
    consents, at_rest = granted(db, people), restricted(db, people)
    events = [
        event
        for event in events
        if event["kind"] not in _NEEDS
        or (_NEEDS[event["kind"]] in consents.get(event["recipient"], frozenset()) and event["recipient"] not in at_rest)
    ]
    fresh = set(add_events(db, events))
    mark_clicked(
        db,
        [
            (event["outbox"], event["module"], event["occurred_at"])
            for event in events
            if event["event_id"] in fresh and event["kind"] == "clicked" and event["outbox"] and event["module"]
        ],
    )
    return len(fresh)


def _event(row: Mapping[str, Any], numbers: Mapping[str, int | None], now: datetime | None) -> dict[str, Any] | None:
    recipient = row["recipient"] if "recipient" in row else numbers[row["recipient_id"]]
    if recipient is None:
        return None
    return {
        "event_id": row["event_id"],
        "recipient": recipient,
        "kind": row["kind"],
        "occurred_at": row.get("occurred_at") or now,
        "product": row.get("product"),
        "module": row.get("module", ""),
        "value": row.get("value", ""),
        "outbox": row.get("outbox"),
    }
