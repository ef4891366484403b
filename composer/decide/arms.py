"""One of several named arms for each recipient: the best one for everybody unless there is evidence that another is better for this one.

Evidence is added up arm by arm as if its parts were independent: log-ratios of clicks to what was to be expected, in whole
millionths, each with the variance of its estimate. The best single arm is left only where P(better) > .8: raw personal
choices were measured to lose against "always the best mail". With probability `explore` the arm is a uniform draw
instead, so each has a known chance and its effect can be learnt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.domain.audience import Array
from composer.domain.belief import OWN_CLICKS, STATED_CLICKS

MILLION = 1_000_000
SURE = 0.8416212335729143
"""The standard normal's .8 quantile: P(better) > .8 where a difference is more than so many standard deviations above zero."""
NONE, NOTHING, TRIED, EVERYBODY = range(4)
"""Why an arm was taken: there was no other; nothing spoke clearly for another; a try-out; best for everybody. Above: see `pick`."""


@dataclass(frozen=True)
class Evidence:
    """`mean` int64 in millionths and `variance` float64, both [A] or [R, A]: what speaks for each arm."""

    mean: Array
    variance: Array


@dataclass(frozen=True)
class Picked:
    """`chosen` int16[R] and `options` bool[R, A] over `names`, `probability` float64[R] of the choice, `why` int8[R]."""

    names: tuple[str, ...]
    chosen: Array
    options: Array
    probability: Array
    why: Array


def pick(names: tuple[str, ...], options: Array, everybody: Evidence, personal: Sequence[Evidence], explore: Array, draw: Array) -> Picked:
    """Pick among `options` (bool[R, A]; the first arm always is one).

    `explore` float64[R] is the probability of a try-out, `draw` float64[R] uniform in [0, 1). `why` is one of the constants
    above, or EVERYBODY + 1 + the index of the personal evidence that spoke most for the arm.
    """
    rows = np.arange(len(options))
    single = np.where(_better(everybody, np.zeros(len(options), dtype=np.int64), options), everybody.mean, np.iinfo(np.int64).min)
    base = np.where((single > np.iinfo(np.int64).min).any(axis=1), single.argmax(axis=1), 0)
    parts = [np.broadcast_to(evidence.mean, options.shape) for evidence in (everybody, *personal)]
    mean, variance = np.zeros(options.shape, dtype=np.int64), np.zeros(options.shape)
    for part, evidence in zip(parts, (everybody, *personal), strict=True):
        mean, variance = mean + part, variance + evidence.variance
    passes = np.where(_better(Evidence(mean, variance), base, options), mean, np.iinfo(np.int64).min)
    best = np.where((passes > np.iinfo(np.int64).min).any(axis=1), passes.argmax(axis=1), base)

    count = options.sum(axis=1)
    explore = np.where(count > 1, explore, 0.0)
    tried = draw < explore
    share = np.divide(draw, explore, out=np.zeros(len(draw)), where=tried)  # uniform again, given that it is a try-out
    nth = np.minimum((share * count).astype(np.int64), count - 1)
    chosen = np.where(tried, (options & (options.cumsum(axis=1) == nth[:, None] + 1)).argmax(axis=1), best)
    probability = np.where(chosen == best, 1 - explore + explore / count, explore / count)

    against = np.where(best != 0, 0, base)  # what the arm was weighed against
    lifts = np.stack([part[rows, best] - part[rows, against] for part in parts], axis=1)
    why = np.where(best == against, NOTHING, EVERYBODY + lifts.argmax(axis=1))
    why = np.where(count == 1, NONE, np.where(chosen != best, TRIED, why))
    return Picked(names, chosen.astype(np.int16), options, probability, why.astype(np.int8))


def _better(evidence: Evidence, base: Array, options: Array) -> Array:
    """bool[R, A]: the arm is an option and P(it is better than the base arm of the row) > .8."""
    mean, variance = np.broadcast_to(evidence.mean, options.shape), np.broadcast_to(evidence.variance, options.shape)
    rows = np.arange(len(options))
    ahead = mean - mean[rows, base][:, None]
    noise = variance + variance[rows, base][:, None]
    found: Array = options & (ahead > 0) & ((ahead / MILLION) ** 2 > SURE**2 * noise)
    return found


def learnt(belief: Mapping[str, Any], names: tuple[str, ...], stated: Array) -> Evidence:
    """Evidence [A] from a belief {name: [mean, variance]}; arms it does not know start from `stated`, float64[A]."""
    pairs = [belief.get(name, (mean, 1 / STATED_CLICKS)) for name, mean in zip(names, stated.tolist(), strict=True)]
    return Evidence(_millionths([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs], dtype=np.float64))


def by_word(codes: Array, words: tuple[str, ...], belief: Mapping[str, Any], names: tuple[str, ...], stated: Array) -> Evidence:
    """Evidence [R, A] for everybody's word (a role, a stage); none for a word that is not known. `stated` float64[words, A]."""
    each = [learnt(belief.get(word, {}), names, stated[row]) for row, word in enumerate(words)]
    blank = Evidence(np.zeros(len(names), dtype=np.int64), np.zeros(len(names)))
    mean, variance = (np.stack([getattr(one, what) for one in (*each, blank)]) for what in ("mean", "variance"))
    return Evidence(mean[codes], variance[codes])


def habit(clicked: Array, expected: Array, strength: float = OWN_CLICKS) -> Evidence:
    """Evidence [R, A] from a reader's own clicks in each arm against those to be expected there (float32[R, A] both).

    Expectations are first scaled to the reader's own rate over all arms: who clicks everything has no taste for an arm, and
    who saw only one arm shows none. The variance is that of the estimate: without clicks it is nought, as the mean is.
    """
    clicks, due = clicked.astype(np.float64), expected.astype(np.float64)
    total, total_due = np.zeros(len(clicks)), np.zeros(len(clicks))
    for arm in range(clicks.shape[1]):  # one after another: a sum along an axis may round differently in another batch
        total, total_due = total + clicks[:, arm], total_due + due[:, arm]
    rate = np.divide(total, total_due, out=np.zeros(len(clicks)), where=total_due > 0)
    ratio = (clicks + strength) / (rate[:, None] * due + strength)
    known = ((total > 0) & (total_due > 0))[:, None]
    return Evidence(np.where(known, _millionths(np.log(ratio)), 0), clicks / (clicks + strength) ** 2)


def _millionths(values: Sequence[float] | Array) -> Array:
    rounded: Array = np.rint(np.asarray(values, dtype=np.float64) * MILLION).astype(np.int64)
    return rounded
