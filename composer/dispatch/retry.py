"""When to try again: one readable schedule of delays, spread by a jitter that depends on the letter alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from math import ceil

JITTER = 0.25
"""At most this share of the delay is added, so that letters deferred together do not come back together."""


def due(now: datetime, attempts: int, schedule: Sequence[timedelta], key: str) -> datetime | None:
    """Return when attempt `attempts` + 1 is due after `attempts` tries, or None where the schedule gives up.

    Whole seconds, always later than `now`, and the same for the same letter (`key`) whoever asks.
    """
    if not 1 <= attempts <= len(schedule):
        return None
    seconds = schedule[attempts - 1].total_seconds() * (1 + JITTER * _fraction(f"{key}/{attempts}"))
    return now + timedelta(seconds=max(1, ceil(seconds)))


def _fraction(key: str) -> float:
    return int.from_bytes(blake2b(key.encode(), digest_size=6).digest(), "big") / 2**48
