"""The table of answers: what recipients answered to the question of a block, on its page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from composer.store.types import instant, link, row_number, words


class AnswerRow(SQLModel, table=True):
    """One answer of one recipient to one block of one letter; answering again replaces it."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("outbox", "position", name="answer_once"),)

    number: int | None = row_number()
    recipient: int = link("recipients.number")
    outbox: int = link("outbox.number")
    position: int
    module: str
    answer: str
    """One of the module's answers, as its word."""
    asked: str
    """The name of the following question that `text` answers; empty where there is no text."""
    text: str = words()
    """The person's own words."""
    language: str
    """The language the page asked in."""
    answered_at: datetime = instant()
