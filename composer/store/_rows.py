"""Where each recipient's row of a batch is, and what the database is asked for a batch: one range of row numbers where they lie close."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection

from composer.domain.audience import Array
from composer.store.engine import among, tuples

_GAPS = 4
"""A range is read as a whole where no more than so many row numbers stand in it for each one wanted."""


@dataclass(frozen=True)
class Rows:
    """`numbers` int64[R]: the recipients of a batch by row number, in its order."""

    numbers: Array

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def first(self) -> int:
        return int(self.numbers.min()) if len(self) else 0

    @cached_property
    def last(self) -> int:
        return int(self.numbers.max(initial=0))

    @cached_property
    def close(self) -> bool:
        """Whether the batch is most of a range of row numbers, as a page of an audience is."""
        return self.last - self.first < _GAPS * len(self)

    def hold(self, db: Connection, recipient: Any) -> ColumnElement[bool]:
        """SQL: the column `recipient` is among the batch, or within its range: `find` then tells who is none of it."""
        if self.close:
            return recipient.between(self.first, self.last)  # type: ignore[no-any-return]
        return among(db, recipient, self.numbers.tolist())

    def find(self, recipients: Array) -> Array:
        """int64: the batch row of each recipient, -1 for who is none of the batch."""
        if len(self) == 0:
            return np.full(len(recipients), -1, dtype=np.int64)
        if self.close:
            rows: Array = self._table[recipients - self.first]
            return rows
        order, ordered = self._sorted
        place = np.minimum(np.searchsorted(ordered, recipients), len(ordered) - 1)
        return np.where(ordered[place] == recipients, order[place], -1)

    def read(self, db: Connection, query: Any, width: int) -> tuple[Array, Array]:
        """The batch rows (int64[N]) and the other columns (int64[N, width]) of a query whose first column is the recipient.

        The lines come straight from the driver's cursor: a million of them make no objects of ours. Lines of others are left out.
        """
        numbers = np.fromiter(chain.from_iterable(tuples(db, query)), dtype=np.int64)
        lines = numbers.reshape(-1, width + 1)
        row = self.find(lines[:, 0])
        ours = row >= 0
        return (row, lines[:, 1:]) if ours.all() else (row[ours], lines[ours, 1:])

    def count(self, db: Connection, query: Any) -> Array:
        """int64[R]: how many lines of a query, whose one column is the recipient, are about each."""
        row, _ = self.read(db, query, 0)
        return np.bincount(row, minlength=len(self))

    @cached_property
    def _table(self) -> Array:
        table = np.full(self.last - self.first + 1, -1, dtype=np.int64)
        table[self.numbers - self.first] = np.arange(len(self))
        return table

    @cached_property
    def _sorted(self) -> tuple[Array, Array]:
        order = np.argsort(self.numbers, kind="stable")
        return order, self.numbers[order]
