"""Pins: blocks that a campaign puts into its letters before all others, wherever the rules allow them.

A mandatory block has a place of its own, the same in every letter, found for all of them together; a letter in which it may not
stand does not leave. The other pins take what is left, in the campaign's order; those that find no place are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from composer.decide.running import CLOSED, Running
from composer.decide.slate import SOURCES, Place, Slate, in_filling_order, lay_out
from composer.domain.audience import Array
from composer.domain.campaign import Campaign
from composer.domain.content import Layout, Library
from composer.domain.reasons import Source

PINNED = SOURCES.index(Source.pinned)


def put_in_pins(slate: Slate, running: Running, allowed: Array, campaign: Campaign, layout: Layout) -> None:
    """Put the campaign's pins into empty letters, mandatory ones first. A group's cap holds for all but the mandatory ones."""
    library = running.library
    for name, p in mandatory_places(campaign, layout, library).items():
        m = library.index[name]
        rows = np.flatnonzero(allowed[:, m] & ~_excluded(slate, m, library))
        _put(slate, running, rows, np.full(len(rows), p), np.full(len(rows), m))
    ranks = _ranks(campaign, library)
    columns = np.flatnonzero(ranks < len(campaign.pinned))
    if not len(columns):
        return
    order = np.array(in_filling_order(slate.places), dtype=np.int64)
    takes = np.array([slate.places[p].takes for p in order], dtype=bool)
    ranks, rows = ranks[columns], np.arange(len(slate.chosen))
    waiting = (running.live[:, columns] > CLOSED) & (slate.count < layout.most_blocks)[:, None]
    while waiting.any():
        # The first glob of the campaign that has one left, and of its modules the best.
        live = np.where(waiting, running.live[:, columns], CLOSED)
        waiting &= live > CLOSED
        rank = np.where(waiting, ranks, len(campaign.pinned)).min(axis=1)
        pick = np.where(ranks == rank[:, None], live, CLOSED).argmax(axis=1)
        found = waiting[rows, pick]
        waiting[rows, pick] = False
        free = (slate.chosen[:, order] < 0) & takes[:, columns[pick]].T & found[:, None]
        fits = np.flatnonzero(free.any(axis=1))
        _put(slate, running, fits, order[free[fits].argmax(axis=1)], columns[pick[fits]])
        waiting[slate.count >= layout.most_blocks] = False


def mandatory_places(campaign: Campaign, layout: Layout, library: Library) -> dict[str, int]:
    """Module name -> its place, for the campaign's mandatory modules that the library has and a place is left for.

    A place that only one of them can take is not given to another: places are found by augmenting paths (Kuhn 1955).
    """
    places = lay_out(layout, library)
    order, holder = in_filling_order(places), dict[int, str]()
    for name in campaign.mandatory:
        if name in library.index and len(holder) < layout.most_blocks:
            _seat(name, places, order, library, holder, set())
    return {name: holder_place for holder_place, name in sorted(holder.items())}


def _seat(name: str, places: Sequence[Place], order: Sequence[int], library: Library, holder: dict[int, str], tried: set[int]) -> bool:
    for p in order:
        if places[p].takes[library.index[name]] and p not in tried:
            tried.add(p)
            if p not in holder or _seat(holder[p], places, order, library, holder, tried):
                holder[p] = name
                return True
    return False


def _ranks(campaign: Campaign, library: Library) -> Array:
    """int64[M]: the first of the campaign's pinned globs that names the module; their number where none does."""
    globs = campaign.pinned
    ranks = [next((i for i, glob in enumerate(globs) if fnmatchcase(name, glob)), len(globs)) for name in library.names]
    return np.array(ranks, dtype=np.int64)


def _excluded(slate: Slate, m: int, library: Library) -> Array:
    """bool[R]: a block that is in already excludes the module."""
    excluded: Array = (library.excludes[m][slate.chosen] & (slate.chosen >= 0)).any(axis=1)
    return excluded


def _put(slate: Slate, running: Running, rows: Array, places: Array, modules: Array) -> None:
    slate.chosen[rows, places] = modules
    slate.source[rows, places] = PINNED
    running.take(rows, modules)


def missing_mandatory(slate: Slate, campaign: Campaign, library: Library) -> Array:
    """bool[R]: a mandatory block is not in the letter."""
    missing = np.zeros(len(slate.chosen), dtype=bool)
    for name in campaign.mandatory:
        missing |= ~(slate.chosen == library.index[name]).any(axis=1) if name in library.index else True
    return missing
