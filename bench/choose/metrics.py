"""hit@5, NDCG@5, and paired intervals from a bootstrap over households."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.choose.world import BLOCKS, SENDS, Array, World

DRAWS, SEED = 2_000, 47
NEVER = -1e9
"""The score of a module that may not be shown."""


@dataclass(frozen=True)
class Measures:
    """Sums over a household's newsletters, float64[H]: `hit` over all `letters`, `ndcg` over those that `could` be right."""

    hit: Array
    ndcg: Array
    letters: Array
    could: Array

    def count(self, what: str) -> Array:
        """float64[H]: the newsletters that the measure `hit` or `ndcg` is a mean over."""
        return self.could if what == "ndcg" else self.letters

    def mean(self, what: str = "hit") -> float:
        """The mean of `hit` or `ndcg` over all its newsletters."""
        return float(getattr(self, what).sum() / self.count(what).sum())


def slates(scores: Array, allowed: Array) -> Array:
    """int64[N, 5]: the best five of the allowed modules (bool[N, M]), best first; equals fall by module, -1 where there is none."""
    masked = np.where(allowed, scores, NEVER)
    best = np.argsort(-masked, axis=1, kind="stable")[:, :BLOCKS]
    return np.where(np.take_along_axis(masked, best, axis=1) > NEVER, best, -1)


def measured(world: World, sends: tuple[int, ...], task: str, scores: dict[int, Array]) -> Measures:
    """Judge the scores (send -> float64[H, M]) in task "R" (any module) or "X" (not bought in the last 8 weeks).

    A newsletter with fewer than five modules to choose from is not counted, for anybody; where nothing that was allowed was
    right there is no order to judge, so NDCG leaves it out.
    """
    hit, ndcg, letters, could = (np.zeros(len(world.households)) for _ in range(4))
    for send in sends:
        s = SENDS.index(send)
        allowed = world.fresh[s] if task == "X" else np.broadcast_to(world.eligible[s][:, None], world.fresh[s].shape)
        counted = allowed.sum(axis=1) >= BLOCKS
        best = slates(scores[send], allowed)[counted]
        right = np.take_along_axis(world.right[s][counted], np.maximum(best, 0), axis=1)
        ideal = np.minimum((world.right[s] & allowed)[counted].sum(axis=1), BLOCKS)
        gain = 1 / np.log2(np.arange(2, BLOCKS + 2))
        most = np.concatenate([[0.0], np.cumsum(gain)])[ideal]
        hit[counted] += right.mean(axis=1)
        ndcg[counted] += np.divide((right * gain).sum(axis=1), most, out=np.zeros(len(most)), where=most > 0)
        letters[counted] += 1
        could[counted] += most > 0
    return Measures(hit, ndcg, letters, could)


@cache
def resamples(households: int) -> Array:
    """float64[DRAWS, H]: how often each household was drawn; the seed is fixed, so every comparison uses the same draws."""
    draws = np.random.default_rng(SEED).multinomial(households, np.full(households, 1 / households), size=DRAWS)
    return draws.astype(np.float64)


def paired(one: Measures, other: Measures, what: str = "hit") -> tuple[float, float, float]:
    """one - other: the difference of means and its 95 % interval, households drawn with replacement."""
    difference, letters = getattr(one, what) - getattr(other, what), one.count(what)
    drawn = resamples(len(letters))
    low, high = np.quantile((drawn @ difference) / (drawn @ letters), (0.025, 0.975))
    return float(difference.sum() / letters.sum()), float(low), float(high)


def interval(one: Measures, what: str = "hit") -> tuple[float, float, float]:
    """The mean and its 95 % interval."""
    nothing = np.zeros(len(one.letters))
    return paired(one, Measures(nothing, nothing, one.letters, one.could), what)
