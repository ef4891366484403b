"""The score: a logistic sum of signals and module effects whose terms are the explanation.

Every value is rounded to whole steps of 2^-16 and the sum runs over the signals in name order, element by element: no
matrix product, whose last bits would depend on the batch's shape. Log-odds are compared in whole millionths. Equals take
turns: which of them comes first is drawn per reader, for by name the last of the alphabet would never be shown, and never be
learnt about. In the hold-out, whose letter is the same for all, they stand by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from composer.decide.draw import turns
from composer.domain.audience import Array, Audience
from composer.domain.belief import BASE, Beliefs
from composer.domain.content import Library
from composer.domain.moment import Moment

STEPS = 2.0**16
MILLION = 1_000_000
TURNS = 1_000
"""A key is log-odds in millionths times this, plus the turn among equals; what is left of ties falls by name."""


@dataclass(frozen=True)
class Scores:
    """S signals in name order. `values` float32[S, R, M] in 0..1, `weights` float64[S], `base` the intercept,
    `effects` float64[M], `positions` float64 by position from 1, `keys` int64[R, M]: log-odds without the
    position, in millionths, times TURNS, plus the turn among equals.
    `counted` bool[S, R]: whether the signal counts for the recipient (personal ones do not in the hold-out).
    """

    names: tuple[str, ...]
    values: Array
    weights: Array
    base: float
    effects: Array
    positions: Array
    keys: Array
    counted: Array


def chance(keys: Array) -> Array:
    """float64: the probability of log-odds given as keys; turns do not count."""
    probability: Array = 1 / (1 + np.exp(np.minimum(keys // TURNS / -MILLION, 100.0)))  # a closed key would overflow
    return probability


def score(
    audience: Audience, library: Library, moment: Moment, beliefs: Beliefs, signals: Mapping[str, ModuleType], holdout: Array
) -> Scores:
    """Score every module for every recipient. Rows of `holdout` (bool[R]) are ranked by the signals that are not personal."""
    belief = beliefs.of("scorer")
    names = tuple(sorted(signals))
    learnt = belief.get("weights", {})
    weights = np.array([learnt.get(name, signals[name].WEIGHT) for name in names], dtype=np.float64)
    effects = np.array([belief.get("modules", {}).get(name, 0.0) for name in library.names], dtype=np.float64)
    base = float(belief.get("base", BASE))
    values = np.empty((len(names), len(audience), len(library.modules)), dtype=np.float32)
    counted = np.array([~holdout if signals[name].PERSONAL else np.ones_like(holdout) for name in names], dtype=bool)
    total = np.tile(base + effects, (len(audience), 1))
    for s, name in enumerate(names):
        values[s] = np.rint(signals[name].value(audience, library, moment, beliefs) * STEPS) / STEPS
        total += (weights[s] * counted[s])[:, None] * values[s]
    positions = np.array(belief.get("positions", ()), dtype=np.float64)
    keys = np.rint(np.clip(total, -30, 30) * MILLION).astype(np.int64) * TURNS
    keys += turns(audience.draw_key, library.names, TURNS) * ~holdout[:, None]
    return Scores(names, values, weights, base, effects, positions, keys, counted.reshape(len(names), len(audience)))
