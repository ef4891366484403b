"""Letters with one block explored, as columns: every outcome of a tiny design, or many letters drawn by a keyed hash."""

from __future__ import annotations

import numpy as np

from composer.decide.draw import uniform
from composer.domain.audience import Array
from composer.domain.logged import LoggedLetters


def letters(epsilon: Array, module: Array, is_open: Array, shown: Array, clicked: Array, recipient: Array | None = None) -> LoggedLetters:
    """Columns with two signals made up from module and place in line."""
    values = np.stack([module % 7 / 7, np.broadcast_to(np.arange(module.shape[1]) / module.shape[1], module.shape)], axis=2)
    return LoggedLetters(
        recipient=np.arange(len(epsilon)) if recipient is None else recipient,
        epsilon=epsilon,
        module=module.astype(np.int32),
        open=is_open,
        shown=shown.astype(np.int16),
        clicked=clicked,
        values=values.astype(np.float32),
        per_group=np.full(len(epsilon), 2),
        signals=("a", "b"),
        modules=tuple(f"m{m}" for m in range(int(module.max()) + 1)),
    )


def every_outcome(epsilon: float, is_open: list[bool], pool: int, missing: int = 0) -> tuple[LoggedLetters, Array]:
    """One letter's whole design: a row for each slate it could have been, and the slates' probabilities, written out by hand.

    `missing` columns of the pool are empty, as where fewer candidates were left.
    """
    places, width = len(is_open), pool + missing
    base = np.arange(places)
    tries = [(k, places + c) for k in range(places) if is_open[k] for c in range(pool)]
    shown = np.tile(base, (1 + len(tries), 1))
    for row, (place, column) in enumerate(tries, 1):
        shown[row, place] = column
    chance = np.array([1 - epsilon, *[epsilon / len(tries)] * len(tries)])
    module = np.tile(np.concatenate([np.arange(places + pool), np.full(width - pool, -1)]), (len(shown), 1))
    flags = np.tile(np.array(is_open), (len(shown), 1))
    return letters(np.full(len(shown), epsilon), module, flags, shown, np.zeros(shown.shape, dtype=bool)), chance


def draw(n: int, purpose: str) -> Array:
    return uniform(np.arange(n, dtype=np.uint64), "log", purpose)


def sent(n: int, epsilon: float, rates: Array, each: int = 1, places: int = 3, pool: int = 4) -> LoggedLetters:
    """`n` letters, `each` to one recipient; `rates` float64[K, K + C] is the chance of a click by place and column."""
    shown = np.tile(np.arange(places), (n, 1))
    tried = np.flatnonzero(draw(n, "explore") < epsilon)
    place, column = ((draw(n, what) * size).astype(np.int64)[tried] for what, size in (("place", places), ("column", pool)))
    shown[tried, place] = places + column
    at = np.arange(places)
    clicked = np.stack([draw(n, f"click {k}") for k in range(places)], axis=1) < rates[at[None, :], shown]
    module = np.tile(np.arange(places + pool), (n, 1))
    return letters(np.full(n, epsilon), module, np.ones(shown.shape, dtype=bool), shown, clicked, np.arange(n) // each)
