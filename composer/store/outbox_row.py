"""The table of the outbox: one recipient's letter in one edition."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from composer.store.types import instant, link, row_number, words

_BEGUN = text("frozen AND due_at IS NOT NULL")


class OutboxRow(SQLModel, table=True):
    """One recipient's letter in one edition, from plan to its end (domain.outcome.OutboxState)."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("edition", "recipient", name="letter_once"),
        Index("outbox_due", "state", "due_at"),
        Index("outbox_of_recipient", "recipient", "accepted_at"),
        Index("outbox_begun", "recipient", sqlite_where=text("frozen = 1 AND due_at IS NOT NULL"), postgresql_where=_BEGUN),
    )

    number: int | None = row_number()
    edition: int = link("editions.number")
    recipient: int = link("recipients.number")
    state: str
    reason: str = ""
    """Why skipped, refused, expired or unknown; the server's words carry no address."""
    arm: str = "personal"
    level: str = ""
    """The effective level the decision was made at; empty where skipped."""
    message_id: str = Field(unique=True)
    send_at: datetime | None = instant(null=True)
    """The hour that was decided; Date of the letter. None where skipped."""
    due_at: datetime | None = instant(null=True)
    """When to try next."""
    lease_until: datetime | None = instant(null=True)
    lease_owner: str = ""
    attempts: int = 0
    in_doubt: int = 0
    """Bodies begun whose answer never came: perhaps that many copies are out (dispatch.states)."""
    lost: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Senders that died holding it, before its body and since its last answer: from one on it is under suspicion (dispatch.states)."""
    digest: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Of the bytes of the body that was begun: a letter in doubt leaves again with the same ones or not at all."""
    frozen: bool = False
    """The decision of the last claim stands in `decision`: an attempt was begun with it."""
    decision: str = words()
    """The newsletter as JSON (store.decisions), once it is frozen."""
    forecast: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """What the plan foresaw (domain.forecast); None where skipped."""
    accepted_at: datetime | None = instant(null=True)
