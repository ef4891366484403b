"""What is deleted when its time is over, a few thousand rows a transaction: nobody who sends waits long for the lock.

The data of people who had its use restricted is left as it is: it may be what they need to establish a claim (GDPR article 18(1)(c)).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, and_, cast, delete, exists, func, literal, or_, select, update
from sqlmodel import SQLModel, col

from composer.domain.consent import OWN_SOURCES
from composer.domain.event import OWN_ID
from composer.domain.outcome import OutboxState
from composer.store.consents import granted
from composer.store.engine import among, insert_into
from composer.store.privacy import FORGET
from composer.store.tables import (
    AnswerRow,
    ConsentLedgerRow,
    EditionRow,
    EventRow,
    EventTotalRow,
    ImpressionRow,
    OutboxRow,
    RecipientRow,
    ServiceLetterRow,
)

PAGE = 5_000
_WAITING = (OutboxState.planned, OutboxState.sending, OutboxState.try_later)
_FREE = select(col(RecipientRow.number)).where(col(RecipientRow.restricted_at).is_(None))
"""SQL: people whose data is not to be left as it is."""


def roll_up_events(db: Connection, before: datetime) -> int:
    """Count the oldest events about no letter of ours by month and kind, and delete them; return how many."""
    old = (
        select(col(EventRow.number), col(EventRow.kind), col(EventRow.occurred_at))
        .where(col(EventRow.outbox).is_(None), col(EventRow.occurred_at) < before, col(EventRow.recipient).in_(_FREE))
        .order_by(col(EventRow.number))
        .limit(PAGE)
    )
    rows = db.execute(old).all()
    for (month, kind), events in sorted(Counter((f"{at:%Y-%m}", kind) for _, kind, at in rows).items()):
        insert = insert_into(db, EventTotalRow).values(month=month, kind=kind, events=events)
        more = {"events": col(EventTotalRow.events) + insert.excluded.events}
        db.execute(insert.on_conflict_do_update(index_elements=["month", "kind"], set_=more))
    db.execute(delete(EventRow).where(among(db, col(EventRow.number), [row.number for row in rows])))
    return len(rows)


def blank_letters(db: Connection, before: datetime) -> int:
    """Forget what stood in the oldest letters why, and what people wrote to them; that they were sent, clicked and answered stays.

    Returns how many letters.
    """
    over = (
        select(col(OutboxRow.number))
        .where(
            col(OutboxRow.state).not_in([state.value for state in _WAITING]),
            func.coalesce(col(OutboxRow.accepted_at), col(OutboxRow.send_at)) < before,
            or_(col(OutboxRow.decision) != "", col(OutboxRow.forecast).is_not(None)),
            col(OutboxRow.recipient).in_(_FREE),
        )
        .limit(PAGE)
    )
    numbers = [int(number or 0) for number in db.execute(over).scalars()]
    db.execute(update(OutboxRow).where(among(db, col(OutboxRow.number), numbers)).values(decision="", forecast=None))
    db.execute(update(ImpressionRow).where(among(db, col(ImpressionRow.outbox), numbers)).values(signals="{}", call=""))
    db.execute(update(AnswerRow).where(among(db, col(AnswerRow.outbox), numbers)).values(asked="", text=""))
    anonymous = literal(f"{OWN_ID}old-") + cast(col(EventRow.number), Text)
    about = among(db, col(EventRow.outbox), numbers)
    db.execute(update(EventRow).where(about, col(EventRow.kind) != "bounced").values(event_id=anonymous, value=""))
    return len(numbers)


def drop_proof(db: Connection, before: datetime, after: int = 0) -> tuple[int, int]:
    """Delete the proof of consents that are over, of the next people by row number who got no letter since `before` and said nothing.

    Of each purpose the line that counts stays, without client, address and proof: an import must not undo that somebody left. Returns
    how many people were touched, and the row number to go on after; 0 at the end.
    """
    person, ledger = col(RecipientRow.number), ConsentLedgerRow
    lately = exists().where(col(OutboxRow.recipient) == person, col(OutboxRow.accepted_at) >= before)
    said = exists().where(col(ledger.recipient) == person, or_(col(ledger.at) >= before, col(ledger.recorded_at) >= before))
    proof = exists().where(col(ledger.recipient) == person, or_(*(col(getattr(ledger, name)) != "" for name in _PROOF)))
    asked = (
        select(person).where(person > after, col(RecipientRow.restricted_at).is_(None), proof, ~lately, ~said).order_by(person).limit(PAGE)
    )
    numbers = [int(number or 0) for number in db.execute(asked).scalars()]
    still = granted(db, numbers)
    over = [number for number in numbers if not still.get(number)]
    theirs = among(db, col(ledger.recipient), over)
    lines = db.execute(
        select(col(ledger.number), col(ledger.recipient), col(ledger.purpose), col(ledger.source), col(ledger.at)).where(theirs)
    )
    counts: dict[tuple[int, str, bool], tuple[datetime, int]] = {}
    for number, recipient, purpose, source, at in lines:
        place = (recipient, purpose, source in OWN_SOURCES)
        counts[place] = max(counts.get(place, (at, 0)), (at, int(number or 0)))
    kept = [number for _, number in counts.values()]
    db.execute(delete(ledger).where(theirs, ~among(db, col(ledger.number), kept)))
    db.execute(update(ledger).where(theirs).values(dict.fromkeys(_PROOF, "")))
    return len(over), numbers[-1] if len(numbers) == PAGE else 0


_PROOF = ("client", "address_key", "proof")


def delete_service_letters(db: Connection, before: datetime) -> int:
    """Delete what was asked for and is over since then: answered, expired, or never sent. Return how many."""
    letter = ServiceLetterRow
    until = func.coalesce(col(letter.done_at), col(letter.expires_at), col(letter.asked_at))
    return db.execute(delete(letter).where(until < before)).rowcount


def delete_tombstones(db: Connection, before: datetime) -> int:
    """Delete the anonymous rows of people erased before then, and their letters from the counts; return how many people."""
    old = select(col(RecipientRow.number)).where(col(RecipientRow.erased_at) < before).order_by(col(RecipientRow.number)).limit(PAGE // 10)
    numbers = [int(number or 0) for number in db.execute(old).scalars()]
    letters = (
        select(col(OutboxRow.edition), func.count()).where(among(db, col(OutboxRow.recipient), numbers)).group_by(col(OutboxRow.edition))
    )
    for edition, count in db.execute(letters).all():
        fewer = {"audience": col(EditionRow.audience) - count}
        db.execute(update(EditionRow).where(and_(col(EditionRow.number) == edition, col(EditionRow.audience) >= count)).values(fewer))
    for table in _children_first(list(FORGET)):
        columns: Any = table.__table__.c  # type: ignore[attr-defined]
        if "recipient" in columns:
            db.execute(delete(table).where(among(db, columns.recipient, numbers)))
    db.execute(delete(RecipientRow).where(among(db, col(RecipientRow.number), numbers)))
    return len(numbers)


def _children_first(tables: Sequence[type[SQLModel]]) -> list[type[SQLModel]]:
    order = {table.name: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}
    return sorted(tables, key=lambda table: -order[str(table.__tablename__)])
