"""The table of conditions: what is, was or will be reported somewhere (domain.condition)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import SQLModel

from composer.store.types import instant, row_number


class ConditionRow(SQLModel, table=True):
    """One observation, in one region or everywhere. It is never deleted: its end is a time."""

    __tablename__ = "conditions"

    number: int | None = row_number()
    name: str
    region: str = ""
    """Empty: everywhere."""
    since: datetime = instant()
    until: datetime | None = instant(null=True)
    """None while nobody knows the end."""
