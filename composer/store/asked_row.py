"""The table of wishes: what recipients asked for more or less of on their why pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from composer.store.types import instant, link, row_number, words


class AskedRow(SQLModel, table=True):
    """One wish of one recipient about one module; asking again replaces it, taking it back deletes it. Newer ones have higher numbers."""

    __tablename__ = "asked"
    __table_args__ = (UniqueConstraint("recipient", "module", name="asked_once"),)

    number: int | None = row_number()
    recipient: int = link("recipients.number")
    module: str
    ask: str
    """domain.asked.Ask: more or less."""
    about: str = words()
    """JSON list of the module's interests when it was asked."""
    asked_at: datetime = instant()
