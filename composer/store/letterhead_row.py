"""The table of letterheads: what letters said of their sender, and where their links led, at a time."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from composer.store.types import words


class LetterheadRow(SQLModel, table=True):
    """Settings that letters were made with, under a hash of them: a letter of years ago is shown as it was, whoever sends by now."""

    __tablename__ = "letterheads"

    name: str = Field(primary_key=True)
    settings: str = words()
    """JSON {section: {setting: value}}."""
