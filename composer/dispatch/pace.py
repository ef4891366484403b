"""Pacing: each letter gets its moment from one number, the moment at which its provider would be free (the generic cell rate algorithm).

ITU-T I.371, annex A, virtual scheduling: a bucket without a ticking clock. The number is kept over restarts and shared by workers.
"""

from __future__ import annotations


def burst(rate: float) -> float:
    """How many letters may leave at once at `rate` letters a second: one second's worth, one at least."""
    return max(1.0, rate)


def moment(free_at: float, rate: float, now: float) -> tuple[float, float]:
    """Return when the next letter may leave, `now` or later, and the number after it. Seconds of one clock.

    In any span of T seconds at most burst(rate) + rate x T letters leave. A clock that steps back adds none.
    """
    start = max(free_at, now)
    return max(now, start - (burst(rate) - 1) / rate), start + 1 / rate


def spent(rate: float, now: float) -> float:
    """The number of a bucket that is empty at `now`: the next letter leaves after a whole interval."""
    return now + burst(rate) / rate
