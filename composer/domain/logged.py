"""Logged letters: what exploration wrote down of each, and what was clicked, as columns for judging another policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from composer.domain.audience import Array, Codes


@dataclass(frozen=True)
class LoggedLetters:
    """L letters with K positions and up to C candidates of the pool; their K + C columns are the base slate, then the pool.

    `recipient` int64[L]; `epsilon` float64[L], the probability that one open block was replaced; `module` int32[L, K + C] into
    `modules`, -1 where there is none; `open` bool[L, K], the places that exploration may touch; `shown` int16[L, K], the column
    of what stood there: k itself, a column of the pool at the place that was explored, -1 for none; `clicked` bool[L, K];
    `values` float32[L, K + C, S], what the signals said of each candidate; `per_group` int64[L], blocks of one group that the
    layout allows.
    """

    recipient: Array
    epsilon: Array
    module: Array
    open: Array
    shown: Array
    clicked: Array
    values: Array
    per_group: Array
    signals: tuple[str, ...]
    modules: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.recipient)

    @property
    def places(self) -> int:
        """K."""
        return int(self.open.shape[1])

    def take(self, rows: Array) -> LoggedLetters:
        """The letters of the given rows (bool[L] or int64)."""
        columns = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name not in ("signals", "modules")}
        return replace(self, **columns)


@dataclass(frozen=True)
class Logged:
    """Letters that can be judged, with the words that were known of their readers at the decision and the layout of each.

    `left_out` counts by reason the accepted letters that cannot: reason -> letters.
    """

    letters: LoggedLetters
    role: Codes
    stage: Codes
    layout: Codes
    left_out: Mapping[str, int]

    def take(self, rows: Array, why: str) -> Logged:
        """Only the letters of the given rows (bool[L]); the others are left out because of `why`."""
        left_out = {**self.left_out, why: int((~rows).sum())}
        return Logged(self.letters.take(rows), self.role.take(rows), self.stage.take(rows), self.layout.take(rows), left_out)
