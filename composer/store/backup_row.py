"""The tables of what outlives its rows: backups that were made, and counts of events that are deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from composer.store.types import instant, row_number


class BackupRow(SQLModel, table=True):
    """One backup file: it holds people as they were, so erasure and retention must find it."""

    __tablename__ = "backups"

    number: int | None = row_number()
    file: str = Field(unique=True)
    """Its absolute path on the machine that made it."""
    made_at: datetime = instant()
    cleaned_at: datetime | None = instant(null=True)
    """Up to when those who were erased are erased in it, too."""


class EventTotalRow(SQLModel, table=True):
    """How many events of a kind there were in a month, of those that are deleted: nobody can be told from it."""

    __tablename__ = "event_totals"
    __table_args__ = (UniqueConstraint("month", "kind", name="event_total_once"),)

    number: int | None = row_number()
    month: str
    """Like 2026-03."""
    kind: str
    events: int = 0
