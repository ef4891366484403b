"""The letter a notice concerns, and what became of a person's letters before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from composer.domain.event import SOFT_BOUNCE
from composer.domain.outcome import OutboxState
from composer.domain.tokens import Subject
from composer.store.tables import EditionRow, EventRow, OutboxRow, RecipientRow


@dataclass(frozen=True, slots=True)
class Concerned:
    """A letter whose sending has begun, and the living person it went to."""

    letter: int
    recipient: int
    address: str
    address_key: str
    campaign: int
    scheduled: datetime
    message_id: str
    bounced: bool = False
    bounced_hard: bool = False
    """Whether a bounce of this letter is told already, and one that says that the address is dead."""

    @property
    def subject(self) -> Subject:
        return Subject(self.recipient, self.campaign, self.scheduled)


def concerned_by_subject(db: Connection, subject: Subject) -> Concerned | None:
    """The letter a token speaks of; None where none was sent, or its recipient was erased."""
    return _concerned(
        db,
        (col(OutboxRow.recipient) == subject.recipient)
        & (col(EditionRow.campaign) == subject.campaign)
        & (col(EditionRow.scheduled) == subject.scheduled),
    )


def concerned_by_message_id(db: Connection, message_id: str) -> Concerned | None:
    """The letter with this Message-ID, in angle brackets."""
    return _concerned(db, col(OutboxRow.message_id) == message_id)


def concerned_by_letter(db: Connection, letter: int) -> Concerned | None:
    """The letter of an outbox row."""
    return _concerned(db, col(OutboxRow.number) == letter)


def _concerned(db: Connection, which: Any) -> Concerned | None:
    row: Any = db.execute(
        select(
            col(OutboxRow.number),
            col(OutboxRow.recipient),
            col(RecipientRow.address),
            col(RecipientRow.address_key),
            col(EditionRow.campaign),
            col(EditionRow.scheduled),
            col(OutboxRow.message_id),
        )
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(which, col(OutboxRow.frozen), col(RecipientRow.erased_at).is_(None))
    ).first()
    if row is None:
        return None
    told = (
        db.execute(select(col(EventRow.value)).where(col(EventRow.outbox) == row.number, col(EventRow.kind) == "bounced")).scalars().all()
    )
    number, recipient, address, address_key, campaign, scheduled, message_id = row
    hard = any(not value.startswith(SOFT_BOUNCE) for value in told)
    return Concerned(number, recipient, address, address_key, campaign, scheduled, message_id, bool(told), hard)


def newest_to(db: Connection, address_key: str) -> Concerned | None:
    """The letter last sent to an address; None where none was."""
    newest = (
        select(col(OutboxRow.number))
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(col(RecipientRow.address_key) == address_key, col(OutboxRow.accepted_at).is_not(None))
        .order_by(col(OutboxRow.accepted_at).desc(), col(OutboxRow.number).desc())
        .limit(1)
        .scalar_subquery()
    )
    return _concerned(db, col(OutboxRow.number) == newest)


def fates(db: Connection, address_key: str) -> tuple[list[tuple[datetime, str]], list[datetime]]:
    """When letters to an address left that failed, and why; and when those left that arrived as far as anybody told.

    One failed where a server refused it, or a bounce came after it was taken. What is still being tried is neither.
    """
    bounced = (
        select(func.max(col(EventRow.value)))
        .where(col(EventRow.outbox) == col(OutboxRow.number), col(EventRow.kind) == "bounced")
        .scalar_subquery()
    )
    rows = db.execute(
        select(
            col(OutboxRow.state),
            col(OutboxRow.reason),
            func.coalesce(col(OutboxRow.accepted_at), col(OutboxRow.send_at)),
            bounced,
        )
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(
            col(RecipientRow.address_key) == address_key,
            (col(OutboxRow.state) == OutboxState.accepted.value)
            | ((col(OutboxRow.state) == OutboxState.refused.value) & (col(OutboxRow.attempts) > 0)),
        )
    ).all()
    failed = [(left, back or reason) for state, reason, left, back in rows if back is not None or state == OutboxState.refused]
    arrived = [left for state, _, left, back in rows if back is None and state == OutboxState.accepted]
    return failed, arrived
