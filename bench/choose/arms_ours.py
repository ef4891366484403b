"""The product's own choice among arms on the randomised test: `learn/arms.py` learns, `decide/arms.py` picks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bench.choose.arms import rates
from bench.choose.hillstrom import ARMS, Trial
from bench.choose.world import Array
from composer.decide.arms import by_word, learnt, pick
from composer.learn.arms import STRENGTHS, Axis, Trials, fit, heaviness, learn_arms


def believed(trained: Trial, names: tuple[str, ...], arm: Array) -> dict[str, Any]:
    """What is learnt from the test, as a belief about arms: each arm had one chance in three, as many visits were due as there were."""
    size = len(trained)
    trials = Trials(arm, heaviness(np.full(size, 1 / len(ARMS))), trained.visited, np.full(size, trained.visited.mean()))
    axes = {name: Axis(codes, words, np.zeros((len(words), len(names)))) for name, (codes, words) in trained.groups.items()}
    return learn_arms(trials, names, axes)


def policy(trained: Trial, judged: Trial) -> Array:
    """The first arm, which all others must beat, is the one that did best in training: what a company would send to everybody."""
    order = np.argsort(-rates(trained), kind="stable")
    names, place = tuple(ARMS[arm] for arm in order), np.argsort(order)
    belief = believed(trained, names, place[trained.arm])
    nothing = np.zeros(len(names))
    personal = [
        by_word(codes, words, belief[axis], names, np.zeros((len(words), len(names)))) for axis, (codes, words) in judged.groups.items()
    ]
    quiet, options = np.zeros(len(judged)), np.ones((len(judged), len(names)), dtype=bool)
    picked = pick(names, options, learnt(belief["everybody"], names, nothing), personal, quiet, quiet)
    found: Array = order[picked.chosen]
    return found


def expect(trained: Trial, judged: Trial) -> Array:
    """Whom to mail: float64[N, 3], the visits to be expected in each arm, as products of what was learnt.

    How often a group answers at all is learnt by the same code, the groups of an axis standing for arms that everybody could have
    been in; effects of arms are then learnt on top, as ever.
    """
    size = len(trained)
    everybody, flat = np.zeros(size, dtype=np.int64), np.ones(size)
    trials = Trials(everybody, flat, trained.visited, np.full(size, trained.visited.mean()))
    rate = np.full(len(judged), trained.visited.mean())
    for axis, (codes, words) in trained.groups.items():
        (means, _), trials = fit(replace(trials, arm=codes), everybody, np.zeros((1, len(words))), STRENGTHS)
        rate = rate * np.exp(means[0])[judged.groups[axis][0]]
    belief = believed(trained, ARMS, trained.arm)
    found = np.tile(_log_ratios(belief["everybody"]), (len(judged), 1))
    for axis, (codes, words) in judged.groups.items():
        found = found + np.stack([_log_ratios(belief[axis].get(word, {})) for word in words])[codes]
    return rate[:, None] * np.exp(found)


def _log_ratios(of: dict[str, list[float]]) -> Array:
    return np.array([of.get(name, [0.0])[0] for name in ARMS])
