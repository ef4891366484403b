"""Words: which tone and which opening are clicked more, by everybody, in a role and at a stage; beliefs `tone` and `opening`.

A tone and an opening are arms (`learn/arms.py`); what is to be expected of a letter is what its blocks' scores foretold.
Answered is clicked, never opened; a letter counts once, for its blocks are read by one person. Only letters in which there
was a choice are learnt from: without try-outs (`policy.explore_words = 0`) nothing is learnt. What is stated beforehand is
what the brand says for whom a tone suits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.domain.audience import Array, Codes
from composer.domain.belief import STATED_CLICKS, STATED_LIFT
from composer.domain.content import PLAIN, Library
from composer.domain.history import History
from composer.learn.arms import Axis, Trials, fit, heaviness, learn_arms


@dataclass(frozen=True)
class Answers:
    """Letters with a choice, and who read each: `reader` int64[L]."""

    trials: Trials
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
    trials = Trials(
        arm[use][first].astype(np.int64),
        heaviness(probability[use][first]),
        np.minimum(np.bincount(letter, weights=history.clicked[use], minlength=size), 1.0),
        1 - np.exp(np.bincount(letter, weights=missed, minlength=size)),
    )
    return Answers(trials, history.viewer[use][first])


def _learn(letters: Answers, history: History, names: tuple[str, ...], stated: dict[str, dict[str, frozenset[str]]]) -> dict[str, Any]:
    def axis(name: str, codes: Codes) -> Axis:
        prior = np.array([[STATED_LIFT * (word in stated[name].get(arm, ())) for arm in names] for word in codes.words])
        return Axis(codes.codes[letters.reader].astype(np.int64), codes.words, prior.reshape(len(codes.words), len(names)))

    return learn_arms(letters.trials, names, {"role": axis("role", history.role), "stage": axis("stage", history.stage)})


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
    trials = _answers(history, arm, history.opening_probability, lucky).trials
    prior = np.array([[0.0, STATED_LIFT]])
    (means, variances), _ = fit(trials, np.zeros(len(trials.arm), dtype=np.int64), prior, (STATED_CLICKS,))
    return [round(float(means[0, 1] - means[0, 0]), 6), round(float(variances[0, 1]), 6)]
