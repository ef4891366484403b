"""From zero clicks: 400 households, a newsletter every two weeks, clicks that follow real purchases, learners beside an oracle.

A block at position k is clicked with probability EXAMINED[k] x (0.02 + 0.28 x right). Which blocks WOULD be clicked is drawn
once for each (seed, send, household, module), so learners meet the same luck. What is reported is expected, not drawn:
the sum of the probabilities of what was shown, over the same sum for an oracle that knows what is right. In the world
of the wrong prior the purchases are told of the wrong modules, by one permutation a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from bench.choose.world import AHEAD, BLOCKS, MODULES, SENDS, Array, World

HOUSEHOLDS = 400
SEEDS = (1, 2, 3, 4, 5)
EXAMINED = np.array([1.0, 0.8, 0.65, 0.55, 0.45])
FLOOR, LIFT = 0.02, 0.28


@dataclass(frozen=True)
class Chosen:
    """`slates` int64[N, 5] modules in reading order, `probability` float64[N, 5] of each block standing there (1: no chance in it)."""

    slates: Array
    probability: Array


class Learner(Protocol):
    """What takes part: it chooses a newsletter for each household, then learns what was clicked."""

    def choose(self, send: int, households: Array) -> Chosen:
        """Choose for the given rows (int64[N]) of the world it was started with, knowing purchases up to the send."""
        ...

    def learn(self, send: int, slates: Array, clicks: Array) -> None:
        """Learn from the slates it chose and bool[N, 5], whether each block was clicked."""
        ...


Start = Callable[[World, int], Learner]
"""Start a learner with a world (its `right` is blank) and a seed."""


@dataclass(frozen=True)
class Share:
    """Expected clicks by send, float64[S]: the learner's and the oracle's."""

    got: Array
    oracle: Array

    def of(self, sends: slice) -> float:
        """The share of the oracle's clicks over these sends."""
        return float(self.got[sends].sum() / self.oracle[sends].sum())

    def four(self) -> tuple[float, float, float, float]:
        """Over all sends, the first, the first four and the last four."""
        return self.of(slice(None)), self.of(slice(1)), self.of(slice(4)), self.of(slice(-4, None))


def cast(world: World, seed: int, wrong: bool, sends: tuple[int, ...] = SENDS) -> tuple[World, Array]:
    """Return the learner's world of 400 households who had bought by the first send, and the truth bool[S, 400, M]."""
    draws = np.random.default_rng([seed, HOUSEHOLDS])
    known = np.unique(world.order_household[world.order_day < 7 * sends[0]])
    part = world.of(np.sort(draws.choice(known, HOUSEHOLDS, replace=False)))
    truth = np.stack([part.within(7 * send, 7 * send + AHEAD) for send in sends])
    seen = part.confused(draws.permutation(MODULES)) if wrong else part
    return replace(seen, right=np.zeros_like(part.right)), truth


def simulate(world: World, start: Start, seed: int, wrong: bool, sends: tuple[int, ...] = SENDS) -> Share:
    """Send all newsletters of one seed."""
    seen, truth = cast(world, seed, wrong, sends)
    learner, households = start(seen, seed), np.arange(HOUSEHOLDS)
    got, oracle = np.zeros(len(sends)), np.zeros(len(sends))
    for s, send in enumerate(sends):
        chosen = learner.choose(send, households)
        _admissible(chosen)
        chance = FLOOR + LIFT * truth[s]
        shown = EXAMINED * np.take_along_axis(chance, chosen.slates, axis=1)
        would = np.random.default_rng([seed, send]).random(chance.shape)
        learner.learn(send, chosen.slates, np.take_along_axis(would, chosen.slates, axis=1) < shown)
        got[s] = shown.sum()
        oracle[s] = (EXAMINED * -np.sort(-chance, axis=1)[:, :BLOCKS]).sum()
    return Share(got, oracle)


def _admissible(chosen: Chosen) -> None:
    """Five different modules each, and a probability for each block: a learner that shows one twice has a fault."""
    ordered = np.sort(chosen.slates, axis=1)
    if chosen.slates.shape != (HOUSEHOLDS, BLOCKS) or (ordered[:, 1:] == ordered[:, :-1]).any():
        raise ValueError("a slate must hold five different modules")
    if not ((chosen.probability > 0) & (chosen.probability <= 1)).all():
        raise ValueError("a block's probability must lie above 0 and not above 1")
