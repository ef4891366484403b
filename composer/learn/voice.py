"""Words: which tone and which opening are clicked more, by everybody, in a role and at a stage; beliefs `tone` and `opening`.

What is estimated: for each arm (a tone, an opening), how many times as many letters are answered as the blocks' scores
foretold, in letters given that arm. Answered is clicked, never opened; a letter counts once, for its blocks are read by one
person. Only letters in which there was a choice are learnt from, each weighted by one over the chance its arm had: an arm that
is mostly given to people who like to click earns nothing by it, and without try-outs (`policy.explore_words = 0`) nothing is
learnt. Weighted counts are brought down to their effective size (Kish), so few try-outs look as few as they are.

A cell's rate is gamma-distributed around what is known without it: none for everybody, the whole's for a role, the role's for
a stage, times what the brand states for whom a tone suits. How much evidence a cell needs to stand for itself is estimated
from how much cells differ (empirical Bayes, negative binomial likelihood). Effects are logarithms of ratios.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lgamma, log
from typing import Any

import numpy as np

from composer.domain.audience import Array, Codes
from composer.domain.belief import STATED_CLICKS, STATED_LIFT
from composer.domain.content import PLAIN, Library
from composer.domain.history import History

HEAVIEST = 50.0
"""A letter counts at most for so many: one lucky try-out must not speak for a crowd."""
STRENGTHS = (25.0, 50.0, STATED_CLICKS, 200.0, 400.0)
"""Clicks a cell's prior may be worth; STATED_CLICKS before cells were compared."""


@dataclass(frozen=True)
class Answers:
    """Letters with a choice of arm: `arm` int64[L], `weight`, `answered` and `expected` float64[L], `reader` int64[L]."""

    arm: Array
    weight: Array
    answered: Array
    expected: Array
    reader: Array


def learn_words(history: History, library: Library) -> dict[str, dict[str, Any]]:
    """Return the beliefs `tone` and `opening`; an empty one where there was no choice to learn from."""
    varied = np.array([len(module.variants) > 1 for module in library.modules], dtype=bool)
    speaks = varied[history.module] if len(history.module) else np.zeros(0, dtype=bool)
    tones = _answers(history, history.tone, history.tone_probability, speaks)
    openings = _answers(history, history.opening, history.opening_probability, np.ones(len(history.module), dtype=bool))
    stated = {of: {voice.name: frozenset(getattr(voice, f"{of}s")) for voice in library.voices} for of in ("role", "stage")}
    opening = _learn(openings, history, library.openings, {"role": {}, "stage": {}})
    if opening:
        opening["match"] = _match(history, library)
    return {"tone": _learn(tones, history, library.tones, stated), "opening": opening}


def _answers(history: History, arm: Array, probability: Array, blocks: Array) -> Answers:
    """The letters in which the arm was chosen among several, judged by the given blocks (bool[B])."""
    use = blocks & (probability < 1) & (probability > 0) & (arm >= 0)
    _, first, letter = np.unique(history.letter[use], return_index=True, return_inverse=True)
    size = len(first)
    missed = np.log1p(-np.clip(history.score[use].astype(np.float64), 1e-6, 1 - 1e-6))
    return Answers(
        arm[use][first].astype(np.int64),
        np.minimum(1 / probability[use][first].astype(np.float64), HEAVIEST),
        np.minimum(np.bincount(letter, weights=history.clicked[use], minlength=size), 1.0),
        1 - np.exp(np.bincount(letter, weights=missed, minlength=size)),
        history.viewer[use][first],
    )


def _learn(letters: Answers, history: History, names: tuple[str, ...], stated: dict[str, dict[str, frozenset[str]]]) -> dict[str, Any]:
    if len(letters.arm) == 0 or len(names) < 2:
        return {}
    group = np.zeros(len(letters.arm), dtype=np.int64)
    effects, letters = _fit(letters, group, np.zeros((1, len(names))), (STATED_CLICKS,))
    belief: dict[str, Any] = {"letters": len(letters.arm), "everybody": _written(effects, 0, names)}
    axes: dict[str, Codes] = {"role": history.role, "stage": history.stage}
    for axis, codes in axes.items():
        group = codes.codes[letters.reader].astype(np.int64)
        prior = np.array([[STATED_LIFT * (word in stated[axis].get(name, ())) for name in names] for word in codes.words])
        effects, letters = _fit(letters, group, prior.reshape(len(codes.words), len(names)), STRENGTHS)
        belief[axis] = {word: _written(effects, row, names) for row, word in enumerate(codes.words) if (group == row).any()}
    return belief


def _written(effects: tuple[Array, Array], row: int, names: tuple[str, ...]) -> dict[str, list[float]]:
    means, variances = (part[row].round(6).tolist() for part in effects)
    return {name: [mean, variance] for name, mean, variance in zip(names, means, variances, strict=True)}


def _fit(letters: Answers, group: Array, prior: Array, strengths: Sequence[float]) -> tuple[tuple[Array, Array], Answers]:
    """Return means and variances of the effects, float64[G, A] both, and the letters expected to be answered accordingly.

    `group` int64[L] is -1 for who is in none; `prior` float64[G, A] holds the means before anything was learnt. Each group is
    first brought to its own rate, so groups that click more do not look like a taste.
    """
    groups, arms = prior.shape
    if groups == 0:
        return (prior, prior), letters
    known = group >= 0
    cell = (group * arms + letters.arm)[known]

    def total(values: Array) -> Array:
        return np.bincount(cell, weights=values[known], minlength=groups * arms).reshape(groups, arms)

    weight, square = total(letters.weight), total(letters.weight**2)
    scale = np.divide(weight, square, out=np.zeros_like(weight), where=square > 0)
    answered, expected = (scale * total(letters.weight * values) for values in (letters.answered, letters.expected))
    due = expected.sum(axis=1)
    rate = np.divide(answered.sum(axis=1), due, out=np.ones(groups), where=due > 0)
    expected = rate[:, None] * expected
    strength = max(strengths, key=lambda one: _likelihood(answered, expected, np.exp(prior), one))
    shape = answered + strength * np.exp(prior)
    means = np.log(shape / (expected + strength))
    factor = np.where(known, (rate[:, None] * np.exp(means))[group, letters.arm], 1.0)
    return (means, 1 / shape), replace(letters, expected=letters.expected * factor)


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


def _match(history: History, library: Library) -> list[float]:
    """Mean and variance of what an opening gains by being named like the letter's tone, where it could have been."""
    named = np.array([library.openings.index(tone) if tone in library.openings and tone != PLAIN else -1 for tone in library.tones])
    same = np.where(history.tone >= 0, named[history.tone], -1)
    leads = history.position == 1
    offers = np.array([[any(name in ways for ways in module.openings.values()) for name in library.openings] for module in library.modules])
    could = np.zeros(len(same), dtype=bool)
    could[leads] = (same[leads] >= 0) & offers[history.module[leads], same[leads]]
    lucky = np.isin(history.letter, history.letter[could])
    arm = np.where(lucky, (history.opening == same).astype(np.int64), -1)
    letters = _answers(history, arm, history.opening_probability, lucky)
    prior = np.array([[0.0, STATED_LIFT]])
    (means, variances), _ = _fit(letters, np.zeros(len(letters.arm), dtype=np.int64), prior, (STATED_CLICKS,))
    return [round(float(means[0, 1] - means[0, 0]), 6), round(float(variances[0, 1]), 6)]
