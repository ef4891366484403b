"""The table of service letters: confirmations of a sign-up or of a new address.

They are no rows of the outbox. An edition's counts add up over its audience, its letters are decided, capped and learnt
from, and every row there has a recipient; a service letter has no edition and no decision, often no recipient yet, and
must leave while every campaign is paused. Its states are the same (domain.outcome), and so are its rules (dispatch.states).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from composer.store.types import instant, link, row_number, words


class ServiceLetterRow(SQLModel, table=True):
    """One service letter, from the asking to its end. It is deleted when nothing can come of it any more."""

    __tablename__ = "service_letters"
    __table_args__ = (Index("service_letters_due", "state", "due_at"),)

    number: int | None = row_number()
    kind: str
    """domain.service_letter.Kind."""
    message_id: str = Field(unique=True)
    recipient: int | None = link("recipients.number", null=True)
    """The person it is about, where there is one already."""
    address: str
    address_key: str = Field(index=True)
    """Erasure finds letters by it that were asked for before the person was a recipient."""
    mailbox_key: str = Field(default="", index=True)
    """Keyed hash of domain.address.mailbox_of: how often one mailbox is written to, however it is spelt."""
    client_key: str = Field(default="", index=True)
    """Keyed hash of who asked: how many letters one client causes. Emptied after a day."""
    language: str = ""
    details: str = words()
    """JSON {name: text}: what its words name."""
    asked_at: datetime = instant()
    expires_at: datetime | None = instant(null=True)
    done_at: datetime | None = instant(null=True)
    """When its button was pressed."""
    state: str
    reason: str = ""
    due_at: datetime | None = instant(null=True)
    lease_until: datetime | None = instant(null=True)
    lease_owner: str = ""
    attempts: int = 0
    in_doubt: int = 0
    lost: int = 0
    digest: str = ""
    """Of the bytes of the body that was begun."""
    accepted_at: datetime | None = instant(null=True)
