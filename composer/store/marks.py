"""Small facts about the installation, one value a name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlmodel import col

from composer.store.engine import insert_into
from composer.store.tables import MarkRow


def get_mark(db: Connection, name: str) -> str | None:
    """The value under `name`, or None."""
    return db.execute(select(col(MarkRow.value)).where(col(MarkRow.name) == name)).scalar()


def lock_mark(db: Connection, name: str) -> str:
    """The value under `name`, empty where there was none; nobody else reads it this way until the transaction ends."""
    db.execute(insert_into(db, MarkRow).values(name=name, value="").on_conflict_do_nothing())
    return db.execute(select(col(MarkRow.value)).where(col(MarkRow.name) == name).with_for_update()).scalar_one()


def claim_mark(db: Connection, name: str, value: str) -> str:
    """Put `value` under `name` where nothing stands there, and return what stands there now."""
    db.execute(insert_into(db, MarkRow).values(name=name, value=value).on_conflict_do_nothing())
    return db.execute(select(col(MarkRow.value)).where(col(MarkRow.name) == name)).scalar_one()


def delete_marks_before(db: Connection, prefix: str, moment: datetime) -> int:
    """Delete the marks under `prefix` whose value begins with an earlier time, as isoformat() of UTC writes it."""
    old = delete(MarkRow).where(col(MarkRow.name).startswith(prefix, autoescape=True), col(MarkRow.value) < moment.isoformat())
    return db.execute(old).rowcount


def set_mark(db: Connection, name: str, value: str) -> None:
    """Put `value` under `name`, over what stood there."""
    db.execute(
        insert_into(db, MarkRow).values(name=name, value=value).on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )
