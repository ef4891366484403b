"""The fallback chain for letters that came out too short: segment, popular, seasonal, generic.

It gives up the group cap, a wish of the layout; it never gives up a rule, the campaign's pool or a place's kinds.
"""

from __future__ import annotations

import numpy as np

from composer.decide.scoring import Scores
from composer.decide.slate import CLOSED, SOURCES, Slate, best_for, in_filling_order
from composer.domain.audience import Array
from composer.domain.content import Layout, Library
from composer.domain.reasons import Source

_BY_SIGNAL = ((Source.segment, "segment"), (Source.popular, "popularity"), (Source.seasonal, "season"))


def fill_short(slate: Slate, scores: Scores, allowed: Array, library: Library, layout: Layout) -> None:
    """Fill letters with fewer than `least_blocks` in place, as far as the candidates go.

    Each step takes what its signal puts above the usual, best score first; the last takes generic modules, then any.
    """
    short = np.flatnonzero((slate.count < layout.least_blocks) & allowed.any(axis=1))
    if len(short) == 0:
        return
    live = np.where(allowed[short], scores.keys[short], CLOSED)
    for p in range(len(slate.places)):
        filled = slate.chosen[short, p] >= 0
        live[filled, slate.chosen[short[filled], p]] = CLOSED
    for source, wanted in _steps(scores, library, short):
        for p in in_filling_order(slate.places):
            pick, key = best_for(slate.places[p], np.where(wanted, live, CLOSED))
            take = (key > CLOSED) & (slate.chosen[short, p] < 0) & (slate.count[short] < layout.least_blocks)
            slate.chosen[short[take], p] = pick[take]
            slate.source[short[take], p] = SOURCES.index(source)
            live[take, pick[take]] = CLOSED


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
