"""Segment effects: what people in a role or at a stage click more than the score says, module by module, shrunk towards none.

Each cell (a word, a module) gets one effect on the log-odds around the fitted score; how far cells differ is estimated
from all of them (empirical Bayes), so that a segment that behaves like everybody gets nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.domain.audience import Array, Codes
from composer.domain.content import Library
from composer.domain.history import History

SPREAD = 0.15
"""Standard deviation of the effects in log-odds, before any click."""
PRIOR_CELLS = 10
"""Cells that the prior spread is worth when it is estimated anew."""
ROUNDS, STEPS = 8, 4
LEAST = 0.005
"""Effects nearer to nought are left out."""


def learn_segments(history: History, library: Library, scorer: dict[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Return, by `role` and by `stage`: word -> module -> effect. `scorer` is what weights.py learnt. Nothing without impressions."""
    if len(history.clicked) == 0:
        return {}
    odds = _odds(history, library, scorer)
    learnt: dict[str, dict[str, dict[str, float]]] = {}
    axes: dict[str, Codes] = {"role": history.role, "stage": history.stage}
    for axis, codes in axes.items():
        word = codes.codes[history.viewer].astype(np.int64)
        effects = _effects(word, history.module.astype(np.int64), history.clicked, odds, (len(codes.words), len(library.modules)))
        odds = odds + np.where(word >= 0, effects[word, history.module], 0.0) if effects.size else odds
        learnt[axis] = {
            name: {
                module: round(float(effect), 6) for module, effect in zip(library.names, effects[w], strict=True) if abs(effect) >= LEAST
            }
            for w, name in enumerate(codes.words)
        }
    return learnt


def _odds(history: History, library: Library, scorer: dict[str, Any]) -> Array:
    """float64[B]: the score's log-odds of every block shown."""
    modules = np.array([scorer["modules"][name] for name in library.names])
    positions = np.array(scorer["positions"])
    odds = scorer["base"] + modules[history.module] + positions[np.minimum(history.position, len(positions)) - 1]
    for column, name in enumerate(history.signal_names):
        odds = odds + scorer["weights"].get(name, 0.0) * history.signals[:, column].astype(np.float64)
    found: Array = np.clip(odds, -30, 30)
    return found


def _effects(word: Array, module: Array, clicked: Array, odds: Array, shape: tuple[int, int]) -> Array:
    """float64[W, M]: the mode of every cell under a common spread, and the spread under the modes, in turn."""
    effects = np.zeros(shape)
    if effects.size == 0:
        return effects
    known = word >= 0
    cell = word[known] * shape[1] + module[known]
    hit, around = clicked[known].astype(np.float64), odds[known]
    spread = SPREAD
    curve: Array = np.ones(shape)
    for _ in range(ROUNDS):
        for _ in range(STEPS):
            chance = 1 / (1 + np.exp(-(around + effects.ravel()[cell])))
            climb = np.bincount(cell, weights=hit - chance, minlength=effects.size).reshape(shape) - effects / spread**2
            curve = np.bincount(cell, weights=chance * (1 - chance), minlength=effects.size).reshape(shape) + spread**-2
            effects = effects + np.clip(climb / curve, -1, 1)
        left = effects**2 + 1 / curve
        spread = float(np.sqrt((PRIOR_CELLS * SPREAD**2 + left.sum()) / (PRIOR_CELLS + effects.size)))
    return effects
