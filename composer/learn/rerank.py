"""Re-rank: the slate another policy would have chosen from a letter's base slate and pool, laid out so that it can be judged."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array
from composer.domain.logged import LoggedLetters
from composer.learn.off_policy import base_of


def rerank(letters: LoggedLetters, scores: Array, groups: Array, excludes: Array | None = None) -> Array:
    """int16[L, K]: the columns of the best candidates by `scores` (float64[L, K + C]); equals fall by column, so the base stays.

    `groups` int64[M] by module: no letter gets more of one group than its layout allows, nor two modules that exclude each other
    (`excludes` bool[M, M]). Places that exploration may not touch
    keep what they have. A block that stays keeps its place, newcomers take the free places best first: which blocks are chosen is
    judged, the order of those that stay is not, for no letter shows them anywhere else.
    """
    places, rows = letters.places, np.arange(len(letters))
    base, slate = base_of(letters), base_of(letters)
    fixed = (base >= 0) & ~letters.open
    wanted = (letters.open & (base >= 0)).sum(axis=1)
    runs = (letters.module >= 0) & np.concatenate([letters.open, np.ones_like(letters.module[:, places:], dtype=bool)], axis=1)
    group = groups[np.maximum(letters.module, 0)]
    used = np.zeros((len(letters), int(groups.max(initial=0)) + 1), dtype=np.int64)
    for k in range(places):
        used[rows, group[:, k]] += fixed[:, k]
    barred = np.zeros(letters.module.shape, dtype=bool)
    order = np.argsort(np.where(runs, -scores, np.inf), axis=1, kind="stable")
    taken = np.zeros(letters.module.shape, dtype=bool)
    for n in range(order.shape[1]):
        column = order[:, n]
        fits = runs[rows, column] & (taken.sum(axis=1) < wanted) & (used[rows, group[rows, column]] < letters.per_group)
        fits &= ~barred[rows, column]
        taken[rows, column] = fits
        used[rows, group[rows, column]] += fits
        if excludes is not None:
            barred |= fits[:, None] & excludes[letters.module[rows, column][:, None], letters.module]
    free = letters.open & (base >= 0) & ~taken[:, :places]
    for n in range(order.shape[1]):
        column = order[:, n]
        comes = taken[rows, column] & (column >= places) & free.any(axis=1)
        place = free.argmax(axis=1)
        slate[rows[comes], place[comes]] = column[comes]
        free[rows[comes], place[comes]] = False
    return slate
