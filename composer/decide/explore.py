"""Exploration: in a share of the letters one block is replaced by a draw from the next candidates in line.

Base slate and pool are frozen before anything is drawn, so with K open blocks and C candidates every probability is a closed
form: 1 - epsilon / K for a base block at its position, epsilon / (K C) for a candidate there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.decide.draw import uniform
from composer.decide.pins import PINNED
from composer.decide.running import CLOSED, close_excluded, live_keys
from composer.decide.slate import SOURCES, Slate
from composer.domain.audience import Array
from composer.domain.campaign import Policy
from composer.domain.content import Layout, Library
from composer.domain.reasons import Source


@dataclass(frozen=True)
class Exploration:
    """`base` int16[R, P] and `pool` int16[R, C] (-1: none) as frozen; `epsilon` float64[R] in force (0 without a pool);
    `open_blocks` int64[R] that could have been replaced; `place` int8[R] that was, or -1; `probability` float64[R, P]
    of what stands at each place.
    """

    base: Array
    pool: Array
    epsilon: Array
    open_blocks: Array
    place: Array
    probability: Array


def explore(
    slate: Slate,
    keys: Array,
    allowed: Array,
    library: Library,
    layout: Layout,
    policy: Policy,
    draw_key: Array,
    edition: str,
    holdout: Array,
) -> Exploration:
    """Freeze base and pool, draw, and replace in `slate` what was drawn. The hold-out is never explored.

    The pool holds the next `policy.pool` candidates by score whose group has room and that no block of the base excludes, so that
    neither a rule nor the group cap nor an exclusion can break, whichever block is replaced. A place bound to kinds is pinned, and
    so is a block that the campaign pins: a candidate must suit whatever open place is drawn.
    """
    base = slate.chosen.copy()
    rows = np.arange(len(base))
    anywhere = np.array([[place.takes for place in slate.places if place.open]]).any(axis=1)
    pool = _pool(base, keys, allowed & anywhere, library, layout, policy.pool)
    size = (pool >= 0).sum(axis=1)
    is_open = (base >= 0) & (slate.source != PINNED) & np.array([place.open for place in slate.places], dtype=bool)
    blocks = is_open.sum(axis=1)
    epsilon = np.where(holdout | (size == 0) | (blocks == 0), 0.0, policy.explore)
    explored = uniform(draw_key, edition, "explore") < epsilon
    nth = _nth(draw_key, edition, "explored block", blocks)
    place = np.where(explored, (is_open & (is_open.cumsum(axis=1) == nth[:, None] + 1)).argmax(axis=1) if base.size else 0, -1)
    candidate = _nth(draw_key, edition, "explored module", size)
    r = rows[explored]
    slate.chosen[r, place[r]] = pool[r, candidate[r]]
    slate.source[r, place[r]] = SOURCES.index(Source.explored)
    stays = 1 - epsilon / np.maximum(blocks, 1)
    probability = np.where(is_open, stays[:, None], 1.0)
    probability[r, place[r]] = epsilon[r] / (blocks[r] * size[r])
    return Exploration(base, pool, epsilon, blocks, place.astype(np.int8), probability)


def _nth(draw_key: Array, edition: str, purpose: str, count: Array) -> Array:
    """int64[R]: a uniform draw from 0..count-1; 0 where there is nothing to draw from."""
    drawn: Array = (uniform(draw_key, edition, purpose) * count).astype(np.int64)
    return drawn


def _pool(base: Array, keys: Array, allowed: Array, library: Library, layout: Layout, most: int) -> Array:
    """int16[R, C]: the next candidates in line, best first."""
    pool = np.full((len(base), most), -1, dtype=np.int16)
    if not library.modules:
        return pool
    rows, groups = np.arange(len(base)), library.groups
    live = live_keys(keys, allowed)
    used = np.zeros((len(base), groups.max() + 1), dtype=np.int16)
    for p in range(base.shape[1]):
        r = rows[base[:, p] >= 0]
        live[r, base[r, p]] = CLOSED
        used[r, groups[base[r, p]]] += 1
        close_excluded(live, r, base[r, p], library)
    full = np.flatnonzero((used >= layout.per_group).any(axis=1))
    live[full] = live_keys(live[full], (used[full] < layout.per_group)[:, groups])
    for c in range(min(most, len(library.modules))):
        pick = live.argmax(axis=1)
        found = live[rows, pick] > CLOSED
        pool[found, c] = pick[found]
        live[rows, pick] = CLOSED
    return pool
