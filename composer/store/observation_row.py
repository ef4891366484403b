"""The table of observations: who asked for a letter's links and for the picture that counts opens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from composer.store.types import instant, link, row_number


class ObservationRow(SQLModel, table=True):
    """What one kind of asker asked of one link or picture of one letter, however often: so a letter has few, whoever repeats what.

    Neither an address nor a user agent is kept: only the signs that were read off them.
    """

    __tablename__ = "observations"
    __table_args__ = (
        UniqueConstraint("outbox", "kind", "position", "maker", name="observed_once"),
        Index("observations_of_recipient", "recipient"),
    )

    number: int | None = row_number()
    recipient: int = link("recipients.number")
    outbox: int = link("outbox.number")
    kind: str
    """domain.observed.Ask"""
    position: int
    maker: str
    """domain.observed.Maker"""
    signs: str
    """domain.observed.Sign, separated by commas."""
    times: int
    first_at: datetime = instant()
    last_at: datetime = instant()
