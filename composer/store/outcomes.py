"""What became of letters, written in groups: the row, its event, its impressions, and the address that is dead."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from composer.domain.event import OWN_ID
from composer.domain.newsletter import Newsletter
from composer.domain.outcome import OutboxState
from composer.store.consents import suppress
from composer.store.engine import among, insert_into
from composer.store.tables import EventRow, ImpressionRow, OutboxRow, RecipientRow

_TABLE: Any = OutboxRow.__table__  # type: ignore[attr-defined]
_EVENTS = {OutboxState.accepted: "sent", OutboxState.try_later: "deferred", OutboxState.refused: "bounced"}


class Settled(NamedTuple):
    """Where a letter stands after an attempt. `newsletter` is given where it was accepted: its blocks were shown."""

    number: int
    recipient: int
    state: OutboxState
    reason: str = ""
    due_at: datetime | None = None
    attempts: int = 0
    in_doubt: int = 0
    newsletter: Newsletter | None = None
    dead_address: bool = False
    tried: bool = False
    """Whether a server was asked: only then is there an event to tell."""


def record(db: Connection, owner: str, begun: Collection[int], settled: Sequence[Settled], now: datetime) -> None:
    """Write one group. A letter that somebody else holds by now keeps its standing, but an acceptance always counts."""
    if begun:
        statement = update(_TABLE).where(_TABLE.c.number == bindparam("row"), _TABLE.c.lease_owner == owner)
        db.execute(statement.values(in_doubt=_TABLE.c.in_doubt + 1), [{"row": number} for number in begun])
    accepted = [letter for letter in settled if letter.state is OutboxState.accepted]
    _stand(
        db,
        [letter for letter in settled if letter.state is not OutboxState.accepted],
        None,
        (_TABLE.c.state == OutboxState.sending.value) & (_TABLE.c.lease_owner == owner),
    )
    _stand(db, accepted, now, _TABLE.c.state != OutboxState.accepted.value)
    _tell(db, settled, now)
    _show(db, accepted, now)
    dead = [letter.recipient for letter in settled if letter.dead_address]
    if dead:
        keys = db.execute(select(col(RecipientRow.address_key)).where(among(db, col(RecipientRow.number), dead))).scalars().all()
        for key in keys:
            suppress(db, key, "bounce", now)


def stand(db: Connection, settled: Sequence[Settled]) -> None:
    """Write standings of rows that nobody is sending: ended at the claim, given back, or resolved by a person."""
    _stand(db, settled, None, _TABLE.c.state != OutboxState.accepted.value)


def _stand(db: Connection, settled: Sequence[Settled], accepted_at: datetime | None, allowed: Any) -> None:
    if not settled:
        return
    statement = (
        update(_TABLE)
        .where(_TABLE.c.number == bindparam("row"), allowed)
        .values(
            state=bindparam("stands"),
            reason=bindparam("why"),
            due_at=bindparam("due"),
            attempts=bindparam("tries"),
            in_doubt=bindparam("doubt"),
            accepted_at=accepted_at,
            lease_until=None,
            lease_owner="",
        )
    )
    db.execute(
        statement,
        [
            {"row": s.number, "stands": s.state.value, "why": s.reason, "due": s.due_at, "tries": s.attempts, "doubt": s.in_doubt}
            for s in settled
        ],
    )


def _tell(db: Connection, settled: Sequence[Settled], now: datetime) -> None:
    events = [
        {
            "event_id": f"{OWN_ID}{_EVENTS[s.state]}-{s.number}-{s.attempts}",
            "recipient": s.recipient,
            "kind": _EVENTS[s.state],
            "occurred_at": now,
            "module": "",
            "value": s.reason,
            "outbox": s.number,
            "product": None,
        }
        for s in settled
        if s.tried and s.state in _EVENTS and (s.state is not OutboxState.refused or s.dead_address)
    ]
    if events:
        db.execute(insert_into(db, EventRow).on_conflict_do_nothing(), events)


def _show(db: Connection, accepted: Sequence[Settled], now: datetime) -> None:
    """Write the blocks shown. Who was erased while the letter was under way has neither signals nor stage kept (store.privacy.FORGET)."""
    if not accepted:
        return
    people = among(db, col(RecipientRow.number), {s.recipient for s in accepted})
    erased = set(db.execute(select(col(RecipientRow.number)).where(people, col(RecipientRow.erased_at).is_not(None))).scalars())
    blocks = [
        {
            "outbox": s.number,
            "recipient": s.recipient,
            "module": b.module,
            "variant": b.variant,
            "position": b.position,
            "source": b.source.value,
            "score": b.score,
            "probability": b.probability,
            "call": "" if s.recipient in erased else b.call,
            "tone": s.newsletter.tone.chosen,
            "tone_probability": s.newsletter.tone.probability,
            "opening": s.newsletter.opening.chosen,
            "opening_probability": s.newsletter.opening.probability,
            "signals": "{}" if s.recipient in erased else json.dumps(dict(b.values), separators=(",", ":")),
            "shown_at": now,
            "clicked_at": None,
        }
        for s in accepted
        if s.newsletter
        for b in s.newsletter.blocks
    ]
    if blocks:
        db.execute(insert_into(db, ImpressionRow).on_conflict_do_nothing(), blocks)


def add_events(db: Connection, events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Insert events, ignoring those whose event_id is there; return the ids that were new."""
    if not events:
        return []
    ids = [str(event["event_id"]) for event in events]
    table: Any = EventRow.__table__  # type: ignore[attr-defined]
    there = set(db.execute(select(table.c.event_id).where(among(db, table.c.event_id, ids))).scalars())
    fresh = {str(event["event_id"]): event for event in events if event["event_id"] not in there}
    if fresh:
        db.execute(insert_into(db, EventRow).on_conflict_do_nothing(), list(fresh.values()))
    return list(fresh)


def mark_clicked(db: Connection, clicks: Sequence[tuple[int, str, datetime]]) -> None:
    """Note the first click on a block: (outbox row, module, time) each."""
    if clicks:
        table: Any = ImpressionRow.__table__  # type: ignore[attr-defined]
        statement = (
            update(table)
            .where(table.c.outbox == bindparam("letter"), table.c.module == bindparam("block"), table.c.clicked_at.is_(None))
            .values(clicked_at=bindparam("moment"))
        )
        db.execute(statement, [{"letter": letter, "block": module, "moment": at} for letter, module, at in clicks])


def attribute_clicks(db: Connection, clicks: Sequence[tuple[int, str, datetime]]) -> None:
    """Credit clicks that name no letter, (recipient, module, time) each, to the newest showing of the module before it.

    Each showing keeps its first click, so repeating a file changes nothing.
    """
    if clicks:
        table: Any = ImpressionRow.__table__  # type: ignore[attr-defined]
        shown = (
            select(table.c.number)
            .where(table.c.recipient == bindparam("who"), table.c.module == bindparam("block"), table.c.shown_at <= bindparam("moment"))
            .order_by(table.c.shown_at.desc(), table.c.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        statement = update(table).where(table.c.number == shown, table.c.clicked_at.is_(None)).values(clicked_at=bindparam("moment"))
        db.execute(statement, [{"who": who, "block": module, "moment": at} for who, module, at in clicks])
