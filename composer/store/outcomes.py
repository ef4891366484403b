"""What became of letters, written in groups: the row, its event, its impressions, and the address that is dead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from composer.domain.event import OWN_ID
from composer.domain.newsletter import Newsletter
from composer.domain.outcome import OutboxState
from composer.store.consents import suppress
from composer.store.engine import among, insert_for, insert_into, tuples
from composer.store.ready import Ready
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
    lost: int = 0
    newsletter: Newsletter | None = None
    dead_address: bool = False
    tried: bool = False
    """Whether a server was asked: only then is there an event to tell."""


def record(db: Connection, owner: str, begun: Mapping[int, str], settled: Sequence[Settled], now: datetime) -> None:
    """Write one group; `begun` has the digest of each body that is under way.

    A letter that somebody else holds by now keeps its standing, but an acceptance always counts.
    """
    settled = sorted(settled, key=lambda letter: letter.number)  # two workers that write of the same letters take turns
    _BEGUN.run(db, [(number, digest, owner) for number, digest in sorted(begun.items())])
    accepted = [letter for letter in settled if letter.state is OutboxState.accepted]
    _STANDS_OURS.run(db, [(*_standing(letter), None, owner) for letter in settled if letter.state is not OutboxState.accepted])
    _STANDS.run(db, [(*_standing(letter), now) for letter in accepted])
    _tell(db, settled, now)
    _show(db, accepted, now)
    dead = [letter.recipient for letter in settled if letter.dead_address]
    if dead:
        keys = db.execute(select(col(RecipientRow.address_key)).where(among(db, col(RecipientRow.number), dead))).scalars().all()
        for key in keys:
            suppress(db, key, "bounce", now)


def stand(db: Connection, settled: Sequence[Settled]) -> None:
    """Write standings of rows that nobody is sending: ended at the claim, given back, or resolved by a person."""
    _STANDS.run(db, [(*_standing(letter), None) for letter in settled])


def _standing(letter: Settled) -> tuple[Any, ...]:
    return letter.number, letter.state.value, letter.reason, letter.due_at, letter.attempts, letter.in_doubt, letter.lost


_BEGUN = Ready(
    ("row", "bytes", "owner"),
    lambda _: (
        update(_TABLE)
        .where(_TABLE.c.number == bindparam("row"), _TABLE.c.lease_owner == bindparam("owner"))
        .values(in_doubt=_TABLE.c.in_doubt + 1, digest=bindparam("bytes"))
    ),
)
_STANDING = ("row", "stands", "why", "due", "tries", "doubt", "deaths", "accepted")


def _stands(*allowed: Any) -> Any:
    return (
        update(_TABLE)
        .where(_TABLE.c.number == bindparam("row"), *allowed)
        .values(
            state=bindparam("stands"),
            reason=bindparam("why"),
            due_at=bindparam("due"),
            attempts=bindparam("tries"),
            in_doubt=bindparam("doubt"),
            lost=bindparam("deaths"),
            accepted_at=bindparam("accepted"),
            lease_until=None,
            lease_owner="",
        )
    )


_STANDS = Ready(_STANDING, lambda _: _stands(_TABLE.c.state != OutboxState.accepted.value))
_STANDS_OURS = Ready(
    (*_STANDING, "owner"),
    lambda _: _stands(_TABLE.c.state == OutboxState.sending.value, _TABLE.c.lease_owner == bindparam("owner")),
)
_TOLD = Ready(
    ("event_id", "recipient", "kind", "occurred_at", "module", "value", "outbox", "product"),
    lambda dialect: insert_for(dialect, EventRow).on_conflict_do_nothing(),
)


def _tell(db: Connection, settled: Sequence[Settled], now: datetime) -> None:
    _TOLD.run(
        db,
        [
            (f"{OWN_ID}{_EVENTS[s.state]}-{s.number}-{s.attempts}", s.recipient, _EVENTS[s.state], now, "", s.reason, s.number, None)
            for s in settled
            if s.tried and s.state in _EVENTS and (s.state is not OutboxState.refused or s.dead_address)
        ],
    )


_OF_LETTER = ("outbox", "recipient", "tone", "tone_probability", "opening", "opening_probability", "shown_at")
_OF_BLOCK = ("module", "variant", "position", "source", "score", "probability", "call", "signals")
_SHOWN = Ready((*_OF_LETTER, *_OF_BLOCK), lambda dialect: insert_for(dialect, ImpressionRow).on_conflict_do_nothing())


def _show(db: Connection, accepted: Sequence[Settled], now: datetime) -> None:
    """Write the blocks shown. Who was erased while the letter was under way has neither signals nor stage kept (store.privacy.FORGET)."""
    if not accepted:
        return
    erased = _erased(db, [letter.recipient for letter in accepted])
    rows: list[tuple[Any, ...]] = []
    for letter in accepted:
        if (newsletter := letter.newsletter) is None:
            continue
        tone, opening, forgotten = newsletter.tone, newsletter.opening, letter.recipient in erased
        of_letter = (letter.number, letter.recipient, tone.chosen, tone.probability, opening.chosen, opening.probability, now)
        for b in newsletter.blocks:
            call, signals = ("", "{}") if forgotten else (b.call, orjson.dumps(dict(b.values)).decode())
            rows.append((*of_letter, b.module, b.variant, b.position, b.source.value, b.score, b.probability, call, signals))
    _SHOWN.run(db, rows)


def _erased(db: Connection, recipients: Sequence[int]) -> set[int]:
    """Those who were erased. The text is made ready: this is asked with every group."""
    if db.dialect.name == "sqlite":
        return {number for (number,) in db.exec_driver_sql(_ERASED, (orjson.dumps(recipients).decode(),))}
    people = among(db, col(RecipientRow.number), recipients)
    found = select(col(RecipientRow.number)).where(people, col(RecipientRow.erased_at).is_not(None))
    return {number for (number,) in tuples(db, found).fetchall()}


_ERASED = "SELECT number FROM recipients WHERE number IN (SELECT value FROM json_each(?)) AND erased_at IS NOT NULL"


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
