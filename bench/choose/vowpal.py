"""Vowpal Wabbit's conditional contextual bandit (CCB) as a learner from zero clicks: five slots, 47 actions, a cost for each slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.choose.features import NAMES, features_at
from bench.choose.world import AHEAD, BLOCKS, MODULES, Array, World
from bench.choose.zero import Chosen, Start

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "squarecb 100": {"explore": "--squarecb --gamma_scale 100"},
    "squarecb 1000": {"explore": "--squarecb --gamma_scale 1000"},
    "squarecb 10000": {"explore": "--squarecb --gamma_scale 10000"},
    "squarecb 1000, lr .05": {"explore": "--squarecb --gamma_scale 1000", "rate": 0.05},
    "squarecb 1000, lr .15": {"explore": "--squarecb --gamma_scale 1000", "rate": 0.15},
    "squarecb 1000, lr 1.5": {"explore": "--squarecb --gamma_scale 1000", "rate": 1.5},
    "squarecb 1000, 3 passes": {"explore": "--squarecb --gamma_scale 1000", "passes": 3},
    "squarecb 1000, lr .1, 10 passes": {"explore": "--squarecb --gamma_scale 1000", "rate": 0.1, "passes": 10},
    "squarecb 1000, crossed": {"explore": "--squarecb --gamma_scale 1000", "crossed": True},
    "squarecb 1000, crossed, 3 passes": {"explore": "--squarecb --gamma_scale 1000", "crossed": True, "passes": 3},
    "squarecb 1000, crossed, 10 passes": {"explore": "--squarecb --gamma_scale 1000", "crossed": True, "passes": 10},
    "squarecb 10000, crossed, 3 passes": {"explore": "--squarecb --gamma_scale 10000", "crossed": True, "passes": 3},
    "squarecb 1000, decaying": {"explore": "--squarecb --gamma_scale 1000", "decay": 0.5},
    "squarecb 1000, lr 1.5, 3 passes": {"explore": "--squarecb --gamma_scale 1000", "rate": 1.5, "passes": 3},
    "squarecb 10000, lr 1.5, 3 passes": {"explore": "--squarecb --gamma_scale 10000", "rate": 1.5, "passes": 3},
    "warm, squarecb 1000": {"explore": "--squarecb --gamma_scale 1000", "warm": True},
    "warm, squarecb 10000": {"explore": "--squarecb --gamma_scale 10000", "warm": True},
    "warm, squarecb 10000, lr .15": {"explore": "--squarecb --gamma_scale 10000", "rate": 0.15, "warm": True},
    "warm, squarecb 10000, decaying": {"explore": "--squarecb --gamma_scale 10000", "decay": 0.5, "warm": True},
    "epsilon .02": {"explore": "--epsilon 0.02"},
    "epsilon .004": {"explore": "--epsilon 0.004"},
}
"""What was tried. `rate` is the learning rate, `passes` how often a send's newsletters are learnt from, `crossed` gives each
module weights of its own on the features beside the common ones, `decay` is power_t, `warm` starts from
purchases instead of from nothing."""
BEST: Mapping[str, tuple[str, ...]] = {
    "right prior": ("squarecb 1000, lr .1, 10 passes", "warm, squarecb 10000"),
    "wrong prior": ("squarecb 10000, crossed, 3 passes", "warm, squarecb 10000"),
}
"""The best of them with seeds 11 and 12, from nothing and warm."""
SCALE = {"recency": 6.0, "orders": 5.0, "overdue": 4.0, "frequency": 4.0, "decayed": 4.0, "popularity": 4.0, "activity": 3.0}
"""Divisors that bring the features near one: adaptive steps depend less on it than plain ones, but do."""
DIVISORS = np.array([SCALE.get(name, 1.0) for name in NAMES])
WARM, CLICKED = (6, 8, 10, 12), 0.2
"""Sends before the first whose purchases are learnt from when it starts warm, and the clicks that a right block then counts for."""


class Vowpal:
    """Text in, slates out: features stand with the actions, the slots' own ids are Vowpal Wabbit's."""

    def __init__(
        self,
        seed: int,
        world: World,
        explore: str,
        rate: float = 0.5,
        passes: int = 1,
        crossed: bool = False,
        decay: float = 0.0,
        warm: bool = False,
    ) -> None:
        from vowpalwabbit import Workspace

        crossing = "--interactions fm" if crossed else ""
        self.world, self.passes, self.draws = world, passes, np.random.default_rng([seed, 3])
        self.model = Workspace(
            f"--ccb_explore_adf {explore} --cb_type mtr {crossing} -l {rate} --power_t {decay} --random_seed {seed} --quiet",
            enable_logging=False,
        )
        if warm:
            self._warm(passes)
        self.told: list[list[str]] = []
        self.probability = np.zeros((0, BLOCKS))

    def _warm(self, passes: int) -> None:
        """Learn from purchases before the first send as if random newsletters had been clicked: what was bought within two weeks."""
        for send in WARM:
            bought = self.world.within(7 * send, 7 * send + AHEAD)
            told = [_lines(one) for one in features_at(self.world, send) / DIVISORS]
            for _ in range(passes):
                for h in self.draws.permutation(len(told)).tolist():
                    shown = self.draws.permutation(MODULES)[:BLOCKS].tolist()
                    slots = [f"ccb slot {m}:{-CLICKED * bought[h, m]}:{1 / MODULES:.6f} | s{k}" for k, m in enumerate(shown)]
                    self.model.learn([*told[h], *slots])

    def choose(self, send: int, households: Array) -> Chosen:
        """Predict for each household; the first action of a slot's list is the one it drew."""
        self.told = [_lines(one) for one in features_at(self.world, send)[households] / DIVISORS]
        slots = [f"ccb slot | s{k}" for k in range(BLOCKS)]
        drawn = [self.model.predict([*lines, *slots]) for lines in self.told]
        slates = np.array([[slot[0][0] for slot in one] for one in drawn], dtype=np.int64)
        self.probability = np.array([[slot[0][1] for slot in one] for one in drawn])
        return Chosen(slates, self.probability)

    def learn(self, send: int, slates: Array, clicks: Array) -> None:
        """Learn from newsletters in random order: a click costs -1, none 0."""
        for _ in range(self.passes):
            for n in self.draws.permutation(len(slates)).tolist():
                slots = [
                    f"ccb slot {slates[n, k]}:{-float(clicks[n, k])}:{max(self.probability[n, k], 1e-6):.6f} | s{k}" for k in range(BLOCKS)
                ]
                self.model.learn([*self.told[n], *slots])


def _lines(values: Array) -> list[str]:
    """The shared line and one for each module: its name in namespace m, its features in f."""
    lines = ["ccb shared |u everybody"]
    for module, row in enumerate(values.tolist()):
        told = " ".join(f"{name}:{value:.4g}" for name, value in zip(NAMES, row, strict=True))
        lines.append(f"ccb action |m m{module} |f {told}")
    return lines


def start(name: str) -> Start:
    """The learner with the settings of that name."""
    return lambda world, seed: Vowpal(seed, world, **SETTINGS[name])
