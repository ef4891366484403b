"""Small facts about the installation, one value a name."""

from __future__ import annotations

from sqlalchemy import Connection, select
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


def set_mark(db: Connection, name: str, value: str) -> None:
    """Put `value` under `name`, over what stood there."""
    db.execute(
        insert_into(db, MarkRow).values(name=name, value=value).on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )
