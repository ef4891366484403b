"""The rules of manners towards one provider, as an operator sets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

HISTORY = 60
"""Days of which counts are kept."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Today at most `factor` times the best of the last `days` days."""

    factor: float
    days: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The manners towards one provider; None turns a rule off."""

    pace: float | None = None
    """Letters a second."""
    connections: int | None = None
    """Letters under way at once."""
    warm_up: tuple[int, ...] | None = None
    """Letters on the first day, the second day ...; no limit after the last."""
    growth: Growth | None = None
    back_off: timedelta | None = None
    """Quiet time after which a slowed provider gets one step faster."""
    rest_after: int | None = None
    """Letters in a row in trouble after which it gets none for `rest`."""
    rest: timedelta = timedelta(minutes=1)
    """Doubled with every letter that was sent to see and met trouble too, up to sixteen times."""

    @property
    def counts(self) -> bool:
        """Whether it matters how many letters were accepted on which day."""
        return self.warm_up is not None or self.growth is not None
