"""What people buy of their own accord: now and then by taste, and with a rhythm; week by week, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.decide.draw import uniform
from composer.domain.audience import Array
from composer.simulate.crowd import CATEGORIES, Crowd

DAY = 86_400
WEEK = 7 * DAY
PRODUCTS_EACH = 3
HISTORY_WEEKS = 40
"""Weeks before the first letter of which the company has orders."""
GROWTH_WEEKS = 26
"""A silent grower buys twice as much after so many weeks."""
SHAKE, SKIPPED = 0.15, 0.1
"""A due purchase comes up to half of SHAKE of its period earlier or later, and now and then not at all."""
NEED, NEED_DAYS = 1.0, 10.0
"""Interest in a category doubles as its next purchase comes due: by NEED on the day, less by e for each NEED_DAYS before."""


@dataclass(frozen=True)
class Purchases:
    """P purchases in order of time: `buyer` int64[P], `category` int64[P], `product` int64[P] from 1, `second` int64[P] since 1970 UTC."""

    buyer: Array
    category: Array
    product: Array
    second: Array

    def __len__(self) -> int:
        return len(self.buyer)


def in_order(buyer: Array, category: Array, product: Array, second: Array) -> Purchases:
    """Put purchases in order of time, then of buyer and category."""
    order = np.lexsort((product, category, buyer, second))
    return Purchases(*(column[order].astype(np.int64) for column in (buyer, category, product, second)))


def joined(parts: list[Purchases]) -> Purchases:
    """All of them, in order of time."""
    return in_order(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("buyer", "category", "product", "second")))


def week_of(crowd: Crowd, week: int) -> Purchases:
    """What everybody buys in a week counted from the crowd's start; those before it are negative."""
    draw = np.random.default_rng([crowd.seed, 2, week + HISTORY_WEEKS * 10])
    rate = crowd.pace / 52 * np.where(crowd.grower, 2.0 ** (week / GROWTH_WEEKS), 1.0)
    buyer = np.repeat(np.arange(len(crowd)), draw.poisson(rate))
    cumulative = crowd.tastes[buyer].astype(np.float64).cumsum(axis=1)
    liked = (cumulative < draw.random(len(buyer))[:, None] * cumulative[:, -1:]).sum(axis=1)
    at = (week * 7 + 7 * draw.random(len(buyer))) * DAY
    due, category, due_at = _due(crowd, week)
    who, what, when = np.concatenate([buyer, due]), np.concatenate([liked, category]), np.concatenate([at, due_at])
    product = draw.integers(1, PRODUCTS_EACH + 1, len(who))
    return in_order(who, np.minimum(what, len(CATEGORIES) - 1), product, when.astype(np.int64) + int(crowd.start.timestamp()))


def history(crowd: Crowd) -> Purchases:
    """What everybody bought in the HISTORY_WEEKS before the first letter."""
    return joined([week_of(crowd, week) for week in range(-HISTORY_WEEKS, 0)])


def _due(crowd: Crowd, week: int) -> tuple[Array, Array, Array]:
    """Buyer, category and second (from the start) of the cycles' purchases that fall into the week."""
    found = []
    for slot in range(crowd.cycle.shape[1]):
        days, phase = crowd.cycle_days[:, slot].astype(np.float64), crowd.cycle_phase[:, slot]
        first = np.floor(week * 7 / days - phase) - 1
        for turn in range(3):
            number = first + turn
            key = (np.arange(len(crowd), dtype=np.uint64) << np.uint64(20)) + (number + 10_000).astype(np.uint64)
            shaken = (uniform(key, f"{crowd.seed}", f"cycle {slot}") - 0.5) * SHAKE
            day = (number + phase + shaken) * days
            comes = (crowd.cycle[:, slot] >= 0) & (uniform(key, f"{crowd.seed}", f"skipped {slot}") >= SKIPPED)
            who = np.flatnonzero(comes & (day >= week * 7) & (day < week * 7 + 7))
            found.append((who, crowd.cycle[who, slot].astype(np.int64), day[who] * DAY))
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))  # type: ignore[return-value]


def need(crowd: Crowd, rows: Array, second: Array) -> Array:
    """float32[L, categories]: how many times their usual interest the given people (int64[L]) have at these times (int64[L])."""
    factor = np.ones((len(rows), len(CATEGORIES)), dtype=np.float32)
    days = (second - int(crowd.start.timestamp())) / DAY
    for slot in range(crowd.cycle.shape[1]):
        passed = days / crowd.cycle_days[rows, slot] - crowd.cycle_phase[rows, slot]
        left = (np.ceil(passed) - passed) * crowd.cycle_days[rows, slot]
        has = np.flatnonzero(crowd.cycle[rows, slot] >= 0)
        factor[has, crowd.cycle[rows[has], slot]] += (NEED * np.exp(-left[has] / NEED_DAYS)).astype(np.float32)
    return factor
