"""The fallback chain for letters that came out too short: segment, popular, seasonal, generic.

It gives up the group cap, a wish of the layout; it never gives up a rule, an exclusion, the campaign's pool or a place's kinds.
"""

from __future__ import annotations

import numpy as np

from composer.decide.pins import PINNED
from composer.decide.running import CLOSED, Running, close_excluded, live_keys
from composer.decide.scoring import MOST, TURNS, Scores
from composer.decide.slate import SOURCES, Slate, best_for, in_filling_order
from composer.domain.audience import Array
from composer.domain.content import Layout, Library
from composer.domain.reasons import Source

GENERIC = SOURCES.index(Source.generic)
_STEP = 4 * MOST * TURNS
"""More than any two keys lie apart."""
_BY_SIGNAL = ((Source.segment, "segment"), (Source.popular, "popularity"), (Source.seasonal, "season"))


def fill_short(slate: Slate, scores: Scores, allowed: Array, library: Library, layout: Layout) -> None:
    """Fill letters with fewer than `least_blocks` in place, as far as the candidates go.

    Each step takes what its signal puts above the usual, best score first; the last takes generic modules, then any.
    """
    short = np.flatnonzero((slate.count < layout.least_blocks) & allowed.any(axis=1))
    if len(short) == 0:
        return
    live = live_keys(scores.keys[short], allowed[short])
    for p in range(len(slate.places)):
        filled = slate.chosen[short, p] >= 0
        live[filled, slate.chosen[short[filled], p]] = CLOSED
        close_excluded(live, np.flatnonzero(filled), slate.chosen[short[filled], p], library)
    for source, wanted in _steps(scores, library, short):
        for p in in_filling_order(slate.places):
            pick, key = best_for(slate.places[p], live_keys(live, wanted))
            take = (key > CLOSED) & (slate.chosen[short, p] < 0) & (slate.count[short] < layout.least_blocks)
            slate.chosen[short[take], p] = pick[take]
            slate.source[short[take], p] = SOURCES.index(source)
            live[take, pick[take]] = CLOSED
            close_excluded(live, np.flatnonzero(take), pick[take], library)
    if library.has_exclusions:
        _start_over(slate, scores, allowed, library, layout)


def _start_over(slate: Slate, scores: Scores, allowed: Array, library: Library, layout: Layout) -> None:
    """Fill once more those that exclusions kept short, all but their pins: what excludes fewest candidates comes first.

    One block may exclude the four that would make a letter. (Least degree first is the usual greedy rule for independent sets:
    Halldórsson and Radhakrishnan 1997.) Kept where it makes a letter.
    """
    short = np.flatnonzero((slate.count < layout.least_blocks) & (allowed.sum(axis=1) >= layout.least_blocks))
    if len(short) == 0:
        return
    candidates = allowed[short]
    degree = (candidates.astype(np.int64) @ library.excludes.astype(np.int64)) * candidates
    keys = scores.keys[short] - degree * _STEP
    pinned = slate.source[short] == PINNED
    again = Slate(
        slate.places, np.where(pinned, slate.chosen[short], -1).astype(np.int16), np.where(pinned, PINNED, GENERIC).astype(np.int8)
    )
    running = Running.start(keys, candidates, library, len(library.modules) + 1)
    for p in range(len(again.places)):
        rows = np.flatnonzero(pinned[:, p])
        running.take(rows, again.chosen[rows, p])
    for p in in_filling_order(again.places):
        pick, key = best_for(again.places[p], running.live)
        rows = np.flatnonzero((key > CLOSED) & (again.chosen[:, p] < 0) & (again.count < layout.least_blocks))
        again.chosen[rows, p] = pick[rows]
        running.take(rows, pick[rows])
    better = again.count >= layout.least_blocks
    slate.chosen[short[better]], slate.source[short[better]] = again.chosen[better], again.source[better]


def _steps(scores: Scores, library: Library, short: Array) -> list[tuple[Source, Array]]:
    """(source, bool[rows, M] of what the step may take), in the order of the chain."""
    steps = []
    for source, name in _BY_SIGNAL:
        if name in scores.names:
            s = scores.names.index(name)
            value = scores.values[s, short].astype(np.float64)  # whole steps: the mean is the same in any order
            steps.append((source, (value > value.mean(axis=1, keepdims=True)) & scores.counted[s, short][:, None]))
    everything = np.ones((len(short), len(library.modules)), dtype=bool)
    steps.append((Source.generic, everything & [module.generic for module in library.modules]))
    steps.append((Source.generic, everything))
    return steps
