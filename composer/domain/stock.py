"""Stock: at which times the products that modules are about can be had, as the company's own product rows say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from composer.domain.audience import Array

Span = tuple[int, int]
"""[from, until) in epoch seconds."""
_ENDS = np.iinfo(np.int64)
ALWAYS: Span = (int(_ENDS.min), int(_ENDS.max))


@dataclass(frozen=True)
class Stock:
    """`changes` int64[K], ascending epoch seconds; `had` bool[K + 1, I]: before, between and after them, which interests can be had."""

    changes: Array
    had: Array

    @classmethod
    def of(cls, interests: Iterable[str], spans: Mapping[str, Iterable[Span]]) -> Stock:
        """Build from the times at which the known products of each interest can be had: none in the list means never.

        An interest that is not named has no known product: nothing speaks against it.
        """
        lists = [tuple(spans[name]) if name in spans else (ALWAYS,) for name in interests]
        ends = {end for each in lists for span in each for end in span} - set(ALWAYS)
        changes = np.array(sorted(ends), dtype=np.int64)
        starts = np.concatenate([np.array([_ENDS.min], dtype=np.int64), changes])
        had = np.zeros((len(starts), len(lists)), dtype=bool)
        for i, each in enumerate(lists):
            for opens, closes in each:
                had[:, i] |= (opens <= starts) & (starts < closes)
        return cls(changes, had)

    def period(self, at: Array) -> Array:
        """int64[R]: the row of `had` that holds at these epoch seconds."""
        found: Array = np.searchsorted(self.changes, at, side="right")
        return found
