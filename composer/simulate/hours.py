"""When people read: the hours of the week of each habit, how long a letter waits, and what waiting costs it.

A habit is a dearest hour on the person's own clock, and whether weekends are nearly free of mail.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from composer.domain.audience import Array
from composer.simulate.crowd import PLACES, Crowd

HOUR, WEEK_HOURS = 3_600, 168
LOOKS_A_DAY = 2.0
SHARPNESS = 5.0
"""How closely looks keep to the dearest hour (kappa of a von Mises shape around the day)."""
ANY_HOUR = 0.02
"""Share of the dearest hour's looks that every hour has."""
WEEKEND = 0.15
FRESH_HOURS = 30.0
"""A letter that waited so long is followed half as readily."""


def habit_of(hour: Array, workdays: Array) -> Array:
    """int64: the number of the habit."""
    found: Array = hour.astype(np.int64) * 2 + workdays
    return found


@cache
def looks() -> Array:
    """float64[48, 168]: expected looks into the mailbox in each hour of the week, from Monday 00:00, by habit."""
    hour = np.arange(WEEK_HOURS) % 24
    table = np.zeros((48, WEEK_HOURS))
    for dearest in range(24):
        shape = ANY_HOUR + np.exp(SHARPNESS * (np.cos(2 * np.pi * (hour - dearest) / 24) - 1))
        shape *= LOOKS_A_DAY / shape[:24].sum()
        table[2 * dearest] = shape
        table[2 * dearest + 1] = np.where(np.arange(WEEK_HOURS) >= 120, WEEKEND, 1.0) * shape
    return table


@cache
def waiting() -> Array:
    """float32[48, 168, 168]: chance that a letter has been read within so many whole hours, by habit and hour of arrival."""
    table = np.empty((48, WEEK_HOURS, WEEK_HOURS), dtype=np.float32)
    for arrival in range(WEEK_HOURS):
        table[:, arrival] = 1 - np.exp(-np.cumsum(np.roll(looks(), -arrival, axis=1), axis=1))
    return table


@cache
def attention() -> Array:
    """float64[48, 168]: what a letter that arrives in this hour is worth beside one read at once: read at all, and how late."""
    read = np.diff(waiting().astype(np.float64), axis=2, prepend=0.0)
    found: Array = (read * 2.0 ** (-np.arange(WEEK_HOURS) / FRESH_HOURS)).sum(axis=2)
    return found


def local_hour(crowd: Crowd, rows: Array, second: Array) -> Array:
    """int64[L]: the hour of the week, from Monday 00:00, on each person's own clock."""
    found = np.zeros(len(rows), dtype=np.int64)
    for place, (_, _, zone, _) in enumerate(PLACES):
        here = np.flatnonzero(crowd.place[rows] == place)
        whole, back = np.unique(second[here] // HOUR, return_inverse=True)
        moments = [datetime.fromtimestamp(hour * HOUR, UTC).astimezone(ZoneInfo(zone)) for hour in whole.tolist()]
        found[here] = np.array([moment.weekday() * 24 + moment.hour for moment in moments], dtype=np.int64)[back]
    return found
