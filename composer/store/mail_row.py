"""The table of kept mails: what people wrote back, and what came in and was not understood."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from composer.store.types import instant, link, row_number, words


class MailRow(SQLModel, table=True):
    """One mail, or one word of a mail provider, that a person should read. It is deleted when `inbound.keep` has passed."""

    __tablename__ = "mails"

    number: int | None = row_number()
    mail_id: str = Field(unique=True)
    """What makes the same mail, come twice, one row."""
    recipient: int | None = link("recipients.number", null=True)
    """Who wrote it, where that is known."""
    sender: str = ""
    """The address to answer; empty where there is none."""
    sender_key: str = Field(default="", index=True)
    """The sender's address_key: erasure finds what somebody wrote before they were a recipient."""
    kind: str
    """domain.notice.NoticeKind: reply, or other."""
    subject: str = words()
    text: str = words()
    received_at: datetime = instant()
    seen_at: datetime | None = instant(null=True)
    """When somebody said that it is done with."""
