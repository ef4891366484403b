"""Letterheads: kept once each, found by the name that a frozen decision holds."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlmodel import col

from composer.store.engine import insert_into
from composer.store.tables import LetterheadRow


def keep_letterhead(db: Connection, name: str, settings: str) -> None:
    """Store it, where it is not there yet."""
    db.execute(insert_into(db, LetterheadRow).values(name=name, settings=settings).on_conflict_do_nothing())


def find_letterhead(db: Connection, name: str) -> str | None:
    """Return its settings as JSON; None where it is unknown."""
    return db.execute(select(col(LetterheadRow.settings)).where(col(LetterheadRow.name) == name)).scalar()
