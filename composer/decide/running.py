"""What is still in the running while letters are filled: each block that is taken closes itself, full groups, and what it excludes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.domain.audience import Array
from composer.domain.content import Library

CLOSED = np.iinfo(np.int64).min
"""The key of a module that is out of the running."""


def live_keys(keys: Array, allowed: Array) -> Array:
    """int64[R, M]: the keys, CLOSED where they are not allowed. By arithmetic: choosing cell by cell takes ten times as long."""
    limits = np.int64(CLOSED) - allowed.astype(np.int64)  # one below the least is the greatest
    found: Array = np.minimum(keys, limits)
    return found


@dataclass(frozen=True)
class Running:
    """`live` int64[R, M]: the keys of what may still be taken, else CLOSED; `used` int16[R, G]: blocks taken of each group."""

    live: Array
    used: Array
    library: Library
    per_group: int

    @classmethod
    def start(cls, keys: Array, allowed: Array, library: Library, per_group: int) -> Running:
        """Everything that is allowed, with its key."""
        used = np.zeros((len(keys), library.groups.max(initial=-1) + 1), dtype=np.int16)
        return cls(live_keys(keys, allowed), used, library, per_group)

    def take(self, rows: Array, picked: Array) -> None:
        """Close module `picked[i]` for row `rows[i]`, and with it what may not stand beside it. A row occurs once."""
        groups = self.library.groups
        self.live[rows, picked] = CLOSED
        self.used[rows, groups[picked]] += 1
        full = self.used[rows, groups[picked]] >= self.per_group
        self.live[rows[full]] = np.where(groups == groups[picked[full]][:, None], CLOSED, self.live[rows[full]])
        close_excluded(self.live, rows, picked, self.library)


def close_excluded(live: Array, rows: Array, picked: Array, library: Library) -> None:
    """Close what the taken modules exclude, and what excludes them."""
    if library.has_exclusions:
        hits = library.excludes[picked].any(axis=1)
        rows, picked = rows[hits], picked[hits]
        live[rows] = np.where(library.excludes[picked], CLOSED, live[rows])
