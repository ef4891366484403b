"""Put rows in, or bring them up to date, and tell how many were touched: what repeatable imports stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select
from sqlmodel import SQLModel

from composer.store.engine import insert_into


@dataclass(frozen=True, slots=True)
class Touched:
    """How many rows came in new and how many were altered; the others said what was there already."""

    added: int = 0
    changed: int = 0

    def __add__(self, other: Touched) -> Touched:
        return Touched(self.added + other.added, self.changed + other.changed)


def defaults(table: type[SQLModel]) -> dict[str, Any]:
    """Column -> the value a new row has where nothing is said."""
    return {name: field.default for name, field in table.model_fields.items() if not field.is_required() and name != "number"}


def upsert(
    db: Connection,
    table: type[SQLModel],
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    given: Sequence[str],
    keep: Mapping[str, ColumnElement[bool]] | None = None,
) -> Touched:
    """Insert `rows`, or where `key` exists set the `given` columns; an equal row is not touched at all.

    Rows are whole (every column but `number`). Of two rows with one key the later stands. A column named in
    `keep` stays as it is where its condition holds for the row that is there.
    """
    last = {tuple(row[column] for column in key): row for row in rows}
    if not last:
        return Touched()
    columns = table.__table__.c  # type: ignore[attr-defined]
    insert = insert_into(db, table)
    news = {name: insert.excluded[name] for name in given if name not in key}
    for name, condition in (keep or {}).items():
        if name in news:
            news[name] = case((condition, columns[name]), else_=news[name])
    if news:
        differs = or_(*(columns[name].is_distinct_from(value) for name, value in news.items()))
        insert = insert.on_conflict_do_update(index_elements=list(key), set_=news, where=differs)
    else:
        insert = insert.on_conflict_do_nothing(index_elements=list(key))
    # New rows have higher numbers than all before: counting them costs nothing however large the table is.
    highest = db.execute(select(func.coalesce(func.max(columns.number), 0))).scalar_one()
    touched = db.execute(insert, list(last.values())).rowcount
    added = db.execute(select(func.count()).select_from(table).where(columns.number > highest)).scalar_one()
    return Touched(added, touched - added)
