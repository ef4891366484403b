"""Statements that every letter needs, made ready once: SQLAlchemy's preparing of one costs more than running it does.

On SQLite the compiled text goes to the driver with rows as tuples; PostgreSQL's driver has its own ways, and takes them as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect()


class Ready:
    """One statement for many rows. `names` are its bound values, in the order in which rows give them.

    `build` is given the dialect's name and returns the statement; its other values are constants.
    """

    def __init__(self, names: Sequence[str], build: Callable[[str], ClauseElement]) -> None:
        self._names, self._build = tuple(names), build
        self._built: dict[str, Any] = {}

    def run(self, db: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run it for each row; nothing where there is none."""
        if not rows:
            return
        if db.dialect.name == "sqlite":
            text, prepare = self._sqlite
            db.exec_driver_sql(text, [prepare(row) for row in rows])
            return
        name = db.dialect.name
        if name not in self._built:
            self._built[name] = self._build(name)
        db.execute(self._built[name], [dict(zip(self._names, row, strict=True)) for row in rows])

    @cached_property
    def _sqlite(self) -> tuple[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]]:
        """The text, and what makes a row of ours one of the driver's: in its order, each value as its type stores it."""
        compiled: Any = self._build("sqlite").compile(dialect=_DIALECT, column_keys=self._names)
        places = {name: place for place, name in enumerate(self._names)}
        constants: list[Any] = []
        order, converted = [], []
        for place, name in enumerate(compiled.positiontup):
            convert = compiled.binds[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            if name in places:
                order.append(places[name])
                if convert is not None:
                    converted.append((place, convert))
            else:
                value = compiled.params[name]
                order.append(len(self._names) + len(constants))
                constants.append(value if convert is None else convert(value))
        pick, rest = itemgetter(*order), tuple(constants)
        if not converted:
            return str(compiled), lambda row: pick(row + rest)

        def prepare(row: tuple[Any, ...]) -> tuple[Any, ...]:
            values = list(pick(row + rest))
            for place, convert in converted:
                values[place] = convert(values[place])
            return tuple(values)

        return str(compiled), prepare
