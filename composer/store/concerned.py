"""The letter a notice concerns, and what became of a person's letters before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from composer.domain.tokens import Subject
from composer.store.tables import CampaignRow, EditionRow, OutboxRow, RecipientRow


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
        .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(which, col(OutboxRow.frozen), col(RecipientRow.erased_at).is_(None))
    ).first()
    return Concerned(*row) if row else None
