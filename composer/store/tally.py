"""Counts of what came in, kept as marks: they only grow, whoever counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, Integer, String, cast, select
from sqlmodel import col

from composer.store.engine import insert_into
from composer.store.tables import MarkRow

CAME_IN = "came-in:"


def count_in(db: Connection, words: Iterable[str]) -> None:
    """Add one for each word; the counts of a transaction that is undone are undone."""
    for word, more in sorted(Counter(words).items()):  # sorted: two transactions take the rows' locks in one order
        sum_ = cast(cast(col(MarkRow.value), Integer) + more, String)
        statement = insert_into(db, MarkRow).values(name=CAME_IN + word, value=str(more))
        db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": sum_}))


def came_in(db: Connection) -> dict[str, int]:
    """Word -> how often it came in, ever."""
    name, value = col(MarkRow.name), col(MarkRow.value)
    rows = db.execute(select(name, value).where(name.startswith(CAME_IN, autoescape=True)).order_by(name)).all()
    return {str(word).removeprefix(CAME_IN): int(count) for word, count in rows}
