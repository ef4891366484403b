"""MABWiser's LinUCB as a learner from zero clicks: 47 arms, each a ridge regression of its own; the five highest bounds are shown.

MABWiser has no slates and no probabilities. `each` gives every arm what is known of this household and that module, the best
that separate regressions can be told; otherwise all arms see the same line about the household.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.choose.features import NAMES, features_at
from bench.choose.vowpal import CLICKED, WARM
from bench.choose.world import AHEAD, BLOCKS, MODULES, Array, World
from bench.choose.zero import Chosen, Start

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "each .05/1": {"alpha": 0.05, "penalty": 1.0, "each": True},
    "each .2/1": {"alpha": 0.2, "penalty": 1.0, "each": True},
    "each .05/10": {"alpha": 0.05, "penalty": 10.0, "each": True},
    "each .2/10": {"alpha": 0.2, "penalty": 10.0, "each": True},
    "each 1/1": {"alpha": 1.0, "penalty": 1.0, "each": True},
    "warm, each .05/1": {"alpha": 0.05, "penalty": 1.0, "each": True, "warm": True},
    "warm, each .05/10": {"alpha": 0.05, "penalty": 10.0, "each": True, "warm": True},
    "household .05/1": {"alpha": 0.05, "penalty": 1.0, "each": False},
    "household .05/10": {"alpha": 0.05, "penalty": 10.0, "each": False},
    "household .2/10": {"alpha": 0.2, "penalty": 10.0, "each": False},
}
"""What was tried: alpha / the ridge's penalty; `warm` starts from purchases instead of from nothing."""
BEST: Mapping[str, tuple[str, ...]] = {
    "right prior": ("each .05/1", "warm, each .05/10"),
    "wrong prior": ("each .05/10", "warm, each .05/10"),
}
"""The best of them with seeds 11 and 12, from nothing and warm."""
_OWN = [NAMES.index(name) for name in ("frequency", "decayed", "recency", "popularity", "ridge")]
_ABOUT = [NAMES.index(name) for name in ("activity", "orders")]


class LinUcb:
    """One MAB over the modules."""

    def __init__(self, seed: int, world: World, alpha: float, penalty: float, each: bool, warm: bool = False) -> None:
        from mabwiser.mab import MAB, LearningPolicy

        self.world, self.each = world, each
        self.mab = MAB(list(range(MODULES)), LearningPolicy.LinUCB(alpha=alpha, l2_lambda=penalty), seed=seed, n_jobs=1)
        self.draws, self.started = np.random.default_rng([seed, 4]), False
        self.told = np.zeros((0, 0, 0))
        for send in WARM if warm else ():
            bought = world.within(7 * send, 7 * send + AHEAD)
            self.told = self._context(features_at(world, send))
            shown = self.draws.random(bought.shape).argsort(axis=1)[:, :BLOCKS]
            self.learn(send, shown, CLICKED * np.take_along_axis(bought, shown, axis=1))

    def choose(self, send: int, households: Array) -> Chosen:
        """The highest upper bounds; before the first clicks, any five."""
        self.told = self._context(features_at(self.world, send)[households])
        n = len(households)
        if not self.started:
            bound = self.draws.random((n, MODULES))
        elif self.each:
            found = self.mab.predict_expectations(self.told.reshape(n * MODULES, -1))
            bound = np.array([found[i][i % MODULES] for i in range(n * MODULES)]).reshape(n, MODULES)
        else:
            found = self.mab.predict_expectations(self.told[:, 0])
            bound = np.array([[one[arm] for arm in range(MODULES)] for one in found])
        slates = np.argsort(-bound, axis=1, kind="stable")[:, :BLOCKS]
        return Chosen(slates, np.ones(slates.shape))

    def learn(self, send: int, slates: Array, clicks: Array) -> None:
        """One observation a block."""
        rows = np.repeat(np.arange(len(slates)), BLOCKS)
        context = self.told[rows, slates.ravel() if self.each else 0]
        (self.mab.partial_fit if self.started else self.mab.fit)(slates.ravel(), clicks.ravel().astype(float), context)
        self.started = True

    def _context(self, values: Array) -> Array:
        """float64[N, M, F]; without `each`, every module's line is the household's: its frequencies as log-odds, and activity."""
        one = np.ones((*values.shape[:2], 1))
        if self.each:
            return np.concatenate([one, values[:, :, _OWN] / 4], axis=2)
        line = np.concatenate([one[:, 0], values[:, 0, _ABOUT] / 4, values[:, :, 0] / 4], axis=1)
        return line[:, None, :]


def start(name: str) -> Start:
    """The learner with the settings of that name."""
    return lambda world, seed: LinUcb(seed, world, **SETTINGS[name])
