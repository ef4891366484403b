"""What the peers are told: nine features of each household and module at a send, from purchases up to it alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bench.choose.world import AHEAD, MODULES, Array, World

NAMES = ("frequency", "decayed", "recency", "popularity", "ridge", "lift", "activity", "orders", "overdue")
HALF_LIFE, DECAYED_STRENGTH = 28, 3.0
NEVER_BOUGHT = 400.0
"""Days since the last purchase, where there was none."""
WEAKEST, STRONGEST = 1.0, 200.0
"""Order days that a module's prior may be worth."""


@lru_cache(maxsize=64)
def features_at(world: World, send: int) -> Array:
    """float64[H, M, 9] in the order of NAMES; households without an order yet get the values of nothing known."""
    end = 7 * send
    past, ordered = world.day < end, world.order_day < end
    cell, age = world.buyer[past] * MODULES + world.module[past], (end - world.day[past]).astype(np.float64)
    shape = (len(world.households), MODULES)
    count = _total(cell, shape)
    orders = np.bincount(world.order_household[ordered], minlength=shape[0]).astype(np.float64)
    known = orders > 0
    order_age = (end - world.order_day[ordered]).astype(np.float64)
    recent_orders = np.bincount(world.order_household[ordered], np.exp2(-order_age / HALF_LIFE), minlength=shape[0])
    first_order = np.full(shape[0], 7.0)
    np.maximum.at(first_order, world.order_household[ordered], order_age)
    last, first = np.full(shape, np.inf).ravel(), np.zeros(shape).ravel()
    np.minimum.at(last, cell, age)
    np.maximum.at(first, cell, age)
    last, first = last.reshape(shape), first.reshape(shape)

    rate = shrunk(count, orders)
    since = np.minimum(last, NEVER_BOUGHT)
    usual = 1 / np.maximum(rate * (orders / first_order)[:, None], 1e-3)
    gap = np.where(count > 1, (first - np.where(count > 0, last, 0)) / np.maximum(count - 1, 1), usual)
    lately = _total(cell[age <= AHEAD], shape) > 0
    columns = {
        "frequency": log_odds(rate),
        "decayed": log_odds(
            (_total(cell, shape, np.exp2(-age / HALF_LIFE)) + DECAYED_STRENGTH * rate) / (recent_orders[:, None] + DECAYED_STRENGTH)
        ),
        "recency": np.log1p(since),
        "popularity": np.broadcast_to(log_odds((lately[known].sum(axis=0) + 0.5) / (known.sum() + 1)), shape),
        "ridge": _ridge(np.sqrt(count / np.maximum(orders, 1)[:, None]), known),
        "lift": _lift(count > 0, known),
        "activity": np.broadcast_to(np.log(recent_orders + 0.5)[:, None], shape),
        "orders": np.broadcast_to(np.log1p(orders)[:, None], shape),
        "overdue": np.minimum(np.log1p(since / np.maximum(gap, 1)), 4),
    }
    return np.stack([columns[name] for name in NAMES], axis=-1)


def frequency_at(world: World, send: int) -> tuple[Array, Array]:
    """float64[H, M] order days with the module, and float64[H] order days, up to the send."""
    past, ordered = world.day < 7 * send, world.order_day < 7 * send
    shape = (len(world.households), MODULES)
    count = _total(world.buyer[past] * MODULES + world.module[past], shape)
    return count, np.bincount(world.order_household[ordered], minlength=shape[0]).astype(np.float64)


def shrunk(count: Array, orders: Array) -> Array:
    """float64[H, M]: the rate of order days with the module, shrunk towards everybody's.

    Beta-binomial, one prior a module; its strength by moments: the intraclass correlation of unequal groups.
    """
    known = orders > 0
    size, hits = orders[known][:, None], count[known]
    mean = hits.sum(axis=0) / size.sum()
    between = (size * (hits / size - mean) ** 2).sum(axis=0)
    noise, groups = mean * (1 - mean), len(size) - 1
    room = size.sum() - (size**2).sum() / size.sum() - groups
    correlation = (between - noise * groups) / np.maximum(noise * room, 1e-12)
    strength = np.clip(1 / np.maximum(correlation, 1e-6) - 1, WEAKEST, STRONGEST)
    rate: Array = (count + strength * mean) / (orders[:, None] + strength)
    return rate


def log_odds(share: Array) -> Array:
    """The logarithm of share / (1 - share), both kept off nought."""
    share = np.clip(share, 1e-6, 1 - 1e-6)
    found: Array = np.log(share / (1 - share))
    return found


def _total(cell: Array, shape: tuple[int, int], weights: Array | None = None) -> Array:
    return np.bincount(cell, weights=weights, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _ridge(share: Array, known: Array) -> Array:
    """What the other modules foretell about this one: EASE (Steck 2019, arXiv 1905.03375), centred, penalty a tenth of the mean."""
    centred = share - share[known].mean(axis=0)
    gram = centred[known].T @ centred[known]
    inverse = np.linalg.inv(gram + np.eye(MODULES) * gram.trace() / MODULES * 0.1)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found: Array = centred @ weights
    return found


def _lift(has: Array, known: Array) -> Array:
    """The mean log lift of this module with those the household has bought, smoothed by ten households."""
    has = has.astype(np.float64)
    together, alone = has[known].T @ has[known], has[known].sum(axis=0)
    lift = np.log((together + 10) / (alone[:, None] * has[known].mean(axis=0) + 10))
    np.fill_diagonal(lift, 0)
    found: Array = has @ lift / np.maximum(has.sum(axis=1), 1)[:, None]
    return found
