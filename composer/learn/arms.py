"""Which of several arms is answered more, by everybody and group by group: effects as logarithms of ratios, each with its variance.

What is estimated: for each arm, how many times as many letters are answered as was to be expected, in letters given that arm.
Each letter is weighted by one over the chance its arm had: an arm that is mostly given to people who like to answer earns
nothing by it. Weighted counts are brought down to their effective size (Kish), so few try-outs look as few as they are.

A cell's rate is gamma-distributed around what is known without it: none for everybody, the whole's for the groups of the first
axis, the first axis's for the second, times what is stated beforehand. How much evidence a cell needs to stand for itself is
estimated from how much cells differ (empirical Bayes, negative binomial likelihood). `decide/arms.py` reads what is learnt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import lgamma, log
from typing import Any

import numpy as np

from composer.domain.audience import Array
from composer.domain.belief import STATED_CLICKS

HEAVIEST = 50.0
"""A letter counts at most for so many: one lucky try-out must not speak for a crowd."""
STRENGTHS = (25.0, 50.0, STATED_CLICKS, 200.0, 400.0)
"""Clicks a cell's prior may be worth; STATED_CLICKS before cells were compared."""


@dataclass(frozen=True)
class Trials:
    """Letters with a choice of arm: `arm` int64[L], `weight`, `answered` and `expected` float64[L]."""

    arm: Array
    weight: Array
    answered: Array
    expected: Array


@dataclass(frozen=True)
class Axis:
    """A way to group letters: `group` int64[L] into `words` (-1: in none), `prior` float64[words, arms] means before learning."""

    group: Array
    words: tuple[str, ...]
    prior: Array


def heaviness(probability: Array) -> Array:
    """float64[L]: the weights of letters whose arms had these chances, all above nought."""
    found: Array = np.minimum(1 / probability.astype(np.float64), HEAVIEST)
    return found


def learn_arms(trials: Trials, names: tuple[str, ...], axes: Mapping[str, Axis]) -> dict[str, Any]:
    """Return {"letters": n, "everybody": {arm: [mean, variance]}, axis: {word: {arm: [mean, variance]}}}.

    Axes are learnt in the order given, each on top of those before it. Empty where there was nothing to choose or learn from.
    """
    if len(trials.arm) == 0 or len(names) < 2:
        return {}
    group = np.zeros(len(trials.arm), dtype=np.int64)
    effects, trials = fit(trials, group, np.zeros((1, len(names))), (STATED_CLICKS,))
    belief: dict[str, Any] = {"letters": len(trials.arm), "everybody": _written(effects, 0, names)}
    for name, axis in axes.items():
        effects, trials = fit(trials, axis.group, axis.prior, STRENGTHS)
        belief[name] = {word: _written(effects, row, names) for row, word in enumerate(axis.words) if (axis.group == row).any()}
    return belief


def _written(effects: tuple[Array, Array], row: int, names: tuple[str, ...]) -> dict[str, list[float]]:
    means, variances = (part[row].round(6).tolist() for part in effects)
    return {name: [mean, variance] for name, mean, variance in zip(names, means, variances, strict=True)}


def fit(trials: Trials, group: Array, prior: Array, strengths: Sequence[float]) -> tuple[tuple[Array, Array], Trials]:
    """Return means and variances of the effects, float64[G, A] both, and the letters expected to be answered accordingly.

    `group` int64[L] is -1 for who is in none; `prior` float64[G, A] holds the means before anything was learnt. Each group is
    first brought to its own rate, so groups that click more do not look like a taste.
    """
    groups, arms = prior.shape
    if groups == 0:
        return (prior, prior), trials
    known = group >= 0
    cell = (group * arms + trials.arm)[known]

    def total(values: Array) -> Array:
        return np.bincount(cell, weights=values[known], minlength=groups * arms).reshape(groups, arms)

    weight, square = total(trials.weight), total(trials.weight**2)
    scale = np.divide(weight, square, out=np.zeros_like(weight), where=square > 0)
    answered, expected = (scale * total(trials.weight * values) for values in (trials.answered, trials.expected))
    due = expected.sum(axis=1)
    rate = np.divide(answered.sum(axis=1), due, out=np.ones(groups), where=due > 0)
    expected = rate[:, None] * expected
    strength = max(strengths, key=lambda one: _likelihood(answered, expected, np.exp(prior), one))
    shape = answered + strength * np.exp(prior)
    means = np.log(shape / (expected + strength))
    factor = np.where(known, (rate[:, None] * np.exp(means))[group, trials.arm], 1.0)
    return (means, 1 / shape), replace(trials, expected=trials.expected * factor)


def _likelihood(answered: Array, expected: Array, prior: Array, strength: float) -> float:
    """Log likelihood of the cells if their ratios are gamma-distributed about `prior`, and that the usual strength is likely."""
    found = -0.5 * log(strength / STATED_CLICKS) ** 2
    for clicks, due, mean in zip(answered.ravel().tolist(), expected.ravel().tolist(), prior.ravel().tolist(), strict=True):
        if due > 0:
            shape = strength * mean
            found += (
                lgamma(clicks + shape) - lgamma(shape) + shape * log(strength / (strength + due)) + clicks * log(due / (strength + due))
            )
    return found
