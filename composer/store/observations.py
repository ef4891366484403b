"""Observations: who asked for what of which letter, read and written for a group of requests at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlmodel import col

from composer.domain.consent import OPENS
from composer.domain.event import OWN_ID
from composer.domain.level import Level, level_in_force
from composer.domain.observed import Ask, Maker
from composer.domain.tokens import Subject
from composer.store.consents import granted
from composer.store.engine import among, insert_into
from composer.store.outcomes import add_events
from composer.store.tables import EditionRow, EventRow, ImpressionRow, ObservationRow, OutboxRow, RecipientRow


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A letter that may have left: its row, whose it is, and when it was accepted."""

    number: int
    recipient: int
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Observation:
    """A row of the table, without its number."""

    recipient: int
    outbox: int
    kind: Ask
    position: int
    maker: Maker
    signs: str
    times: int
    first_at: datetime
    last_at: datetime


def looked_at(db: Connection, subjects: Iterable[Subject]) -> dict[Subject, LookedAt]:
    """The letters that tokens speak of; those that have not left, and those of nobody, are absent. One question an edition."""
    editions: defaultdict[tuple[int, datetime], list[Subject]] = defaultdict(list)
    for subject in subjects:
        editions[subject.campaign, subject.scheduled].append(subject)
    found: dict[Subject, LookedAt] = {}
    for (campaign, scheduled), group in editions.items():
        rows: Any = db.execute(
            select(col(OutboxRow.number), col(OutboxRow.recipient), col(OutboxRow.accepted_at))
            .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
            .where(
                col(EditionRow.campaign) == campaign,
                col(EditionRow.scheduled) == scheduled,
                col(OutboxRow.frozen),
                col(OutboxRow.decision) != "",  # forgotten: what was noted of it before is under other names by now
                among(db, col(OutboxRow.recipient), sorted({subject.recipient for subject in group})),
            )
        )
        letters = {recipient: LookedAt(number, recipient, accepted_at) for number, recipient, accepted_at in rows}
        found |= {subject: letters[subject.recipient] for subject in group if subject.recipient in letters}
    return found


OBSERVING = 0x6C6F6F6B
"""PostgreSQL's advisory lock under which it is told who asked: "look" in ASCII."""


def lock_observing(db: Connection) -> None:
    """Let nobody else tell people from programs until this transaction ends.

    Two web servers that each know of two links of four would take a gateway for two readers. SQLite has one writer anyway.
    """
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(OBSERVING)))


def watchable(db: Connection, recipients: Collection[int]) -> dict[int, frozenset[Ask]]:
    """What may be noted of each person at this moment, by their consents and the level they chose; nothing of whom data may not be used."""
    people: Any = db.execute(
        select(col(RecipientRow.number), col(RecipientRow.level)).where(
            among(db, col(RecipientRow.number), sorted(recipients)),
            col(RecipientRow.erased_at).is_(None),
            col(RecipientRow.restricted_at).is_(None),
        )
    ).all()
    consents = granted(db, [number for number, _ in people])
    allowed = {}
    for number, chosen in people:
        purposes = consents.get(number, frozenset())
        clicks = {Ask.clicked, Ask.trap} if level_in_force(chosen, purposes) >= Level.premium else set()
        allowed[number] = frozenset(clicks | ({Ask.opened} if OPENS in purposes else set()))
    return allowed


def observed(db: Connection, letters: Collection[int]) -> dict[int, list[Observation]]:
    """Letter -> what is known of it."""
    table: Any = ObservationRow.__table__  # type: ignore[attr-defined]
    columns = [column for column in table.c if column.name != "number"]
    found: defaultdict[int, list[Observation]] = defaultdict(list)
    for row in db.execute(select(*columns).where(among(db, table.c.outbox, sorted(letters))).order_by(table.c.number)):
        fields = row._asdict()
        found[row.outbox].append(Observation(**{**fields, "kind": Ask(row.kind), "maker": Maker(row.maker)}))
    return found


def keep(db: Connection, rows: Sequence[Observation], gone: Sequence[Observation]) -> None:
    """Write rows, each in the place of what stood there, and take away those that turned out to be something else."""
    table: Any = ObservationRow.__table__  # type: ignore[attr-defined]
    for row in gone:
        same = (table.c.outbox == row.outbox, table.c.kind == row.kind.value, table.c.position == row.position)
        db.execute(delete(table).where(*same, table.c.maker == row.maker.value))
    if rows:
        made = insert_into(db, ObservationRow)
        moving = ("signs", "times", "first_at", "last_at")
        made = made.on_conflict_do_update(
            index_elements=["outbox", "kind", "position", "maker"], set_={name: made.excluded[name] for name in moving}
        )
        db.execute(made, [_values(row) for row in rows])


def _values(row: Observation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Observation.__slots__}


def take_as_read(db: Connection, rows: Sequence[Observation], modules: Mapping[tuple[int, int], str]) -> int:
    """Make events of what people did, once each, and mark the blocks they followed; how many events were new."""
    events = [
        {
            "event_id": event_id(row),
            "recipient": row.recipient,
            "kind": row.kind.value,
            "occurred_at": row.first_at,
            "product": None,
            "module": modules.get((row.outbox, row.position), ""),
            "value": "",
            "outbox": row.outbox,
        }
        for row in rows
    ]
    fresh = set(add_events(db, events))
    marked = [row for row in rows if row.kind is Ask.clicked and event_id(row) in fresh]
    _mark(db, [(row.outbox, row.position, row.first_at) for row in marked])
    return len(fresh)


def take_back(db: Connection, rows: Sequence[Observation]) -> None:
    """Undo `take_as_read`: a program did it, as later signs tell. Nobody will have learnt of it at the next retrain."""
    if rows:
        db.execute(delete(EventRow).where(among(db, col(EventRow.event_id), [event_id(row) for row in rows])))
        _mark(db, [(row.outbox, row.position, None) for row in rows if row.kind is Ask.clicked])


def event_id(row: Observation) -> str:
    """The id of the event of a person's click or open."""
    return f"{OWN_ID}clicked-{row.outbox}-{row.position}" if row.kind is Ask.clicked else f"{OWN_ID}opened-{row.outbox}"


def _mark(db: Connection, clicks: Sequence[tuple[int, int, datetime | None]]) -> None:
    if clicks:
        table: Any = ImpressionRow.__table__  # type: ignore[attr-defined]
        block = (table.c.outbox == bindparam("letter"), table.c.position == bindparam("place"))
        statement = update(table).where(*block).values(clicked_at=bindparam("moment"))
        db.execute(statement, [{"letter": letter, "place": place, "moment": at} for letter, place, at in clicks])


def observation_counts(db: Connection, campaign: int | None = None) -> list[tuple[Ask, Maker, str, int]]:
    """(what was asked for, by whom, by which signs, links and pictures) of a campaign's letters, or of all."""
    table = ObservationRow
    words = (col(table.kind), col(table.maker), col(table.signs))
    query = select(*words, func.count()).group_by(*words).order_by(*words)
    if campaign is not None:
        query = (
            query.join(OutboxRow, col(OutboxRow.number) == col(table.outbox))
            .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
            .where(col(EditionRow.campaign) == campaign)
        )
    return [(Ask(ask), Maker(maker), signs, int(n)) for ask, maker, signs, n in db.execute(query)]
