"""Learners from zero clicks that need no library: chance, counting without learning, and Thompson sampling a module."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.choose.peers import Peer, eb_frequency, popularity
from bench.choose.world import BLOCKS, MODULES, Array, World
from bench.choose.zero import Chosen, Start


class Fixed:
    """Shows the best five of a score that never learns from clicks."""

    def __init__(self, world: World, score: Callable[[int], Array]) -> None:
        self.world, self.score = world, score

    def choose(self, send: int, households: Array) -> Chosen:
        best = np.argsort(-self.score(send)[households], axis=1, kind="stable")[:, :BLOCKS]
        return Chosen(best, np.ones(best.shape))

    def learn(self, send: int, slates: Array, clicks: Array) -> None:
        """Nothing is learnt."""


def fixed(peer: Peer) -> Start:
    """The learner that shows what a peer on relevance thinks best."""
    return lambda world, seed: Fixed(world, peer(world, "R"))


class Chance:
    """Any five modules, all orders alike."""

    def __init__(self, world: World, seed: int) -> None:
        self.draws = np.random.default_rng([seed, 1])

    def choose(self, send: int, households: Array) -> Chosen:
        slates = self.draws.random((len(households), MODULES)).argsort(axis=1)[:, :BLOCKS]
        return Chosen(slates, np.full(slates.shape, 1 / MODULES))

    def learn(self, send: int, slates: Array, clicks: Array) -> None:
        """Nothing is learnt."""


class BetaThompson:
    """Thompson sampling with a Beta belief about each module's clicks, the same for everybody; starts from `prior`
    (the best of eight, with seeds 11 to 14).

    The chances of its blocks have no closed form; the least that is surely above nought stands for them.
    """

    def __init__(self, world: World, seed: int, prior: tuple[float, float] = (0.5, 4.5)) -> None:
        self.draws = np.random.default_rng([seed, 2])
        self.clicked, self.missed = np.full(MODULES, prior[0]), np.full(MODULES, prior[1])

    def choose(self, send: int, households: Array) -> Chosen:
        drawn = self.draws.beta(self.clicked, self.missed, size=(len(households), MODULES))
        slates = np.argsort(-drawn, axis=1)[:, :BLOCKS]
        return Chosen(slates, np.full(slates.shape, np.finfo(np.float64).tiny))

    def learn(self, send: int, slates: Array, clicks: Array) -> None:
        self.clicked += np.bincount(slates[clicks], minlength=MODULES)
        self.missed += np.bincount(slates[~clicks], minlength=MODULES)


SIMPLE: dict[str, Start] = {
    "random": Chance,
    "popularity, no learning": fixed(popularity),
    "EB frequency, no learning": fixed(eb_frequency),
    "Beta-TS per module": BetaThompson,
}
