"""The moment of a decision: the clock and the random key, handed to the pure stages as arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from composer.domain.audience import Array
from composer.domain.condition import Condition
from composer.domain.stock import Stock


@dataclass(frozen=True, slots=True)
class Moment:
    """When a decision is made, for which edition.

    `as_of` is the edition's scheduled time: ages, seasons and decay are measured from it, so deciding
    again minutes later changes nothing unless an input did. `now` is the clock: dates of validity are
    judged at the later of it and the letter's own send time. `key` seeds every draw. All times are aware UTC.
    """

    as_of: datetime
    now: datetime
    key: str
    send_at: Array | None = field(default=None, compare=False)
    """int64[R], epoch seconds: when each letter leaves, -1 where it never may. Filled in by decide."""
    cap: int | None = None
    """Letters one person may get within the campaign's cap period. Filled in by decide."""
    apart: timedelta | None = None
    """How long what another campaign has shown is not repeated. Filled in by decide."""
    stock: Stock | None = field(default=None, compare=False)
    """When the library's interests can be had; None: nothing is known of products."""
    conditions: tuple[Condition, ...] = ()
    """What is reported, or will be: storms and the like."""

    def leaves(self, size: int) -> Array:
        """int64[size], epoch seconds: the later of now and each letter's send time."""
        now = int(self.now.timestamp())
        leaves: Array = np.full(size, now, dtype=np.int64) if self.send_at is None else np.maximum(self.send_at, now)
        return leaves
