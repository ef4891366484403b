"""The score's weights: a logistic regression of clicks around the prior, which the clicks may overrule.

How far the prior is to be trusted is itself learnt. Two hypotheses are fitted: the prior *stands*, and what purchases taught
holds for clicks up to a scale (`trust`), modules hardly differing beyond it; or it is *wrong*, and modules differ freely. Each
hypothesis' evidence (MacKay 1992) says how likely it is; the beliefs are the mean of both, weighted by that. Within each, how far
weights and module effects may leave their prior is estimated too (empirical Bayes on the Laplace posterior): little data
hardly moves anything. While the prior is doubted modules are also shown out of `curiosity`: see decide/scoring.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from composer.domain.audience import Array
from composer.domain.belief import BASE
from composer.domain.content import Library
from composer.domain.history import History
from composer.learn.logistic import Design, Fit, fit

BASE_SPREAD, WEIGHT_SPREAD, POSITION_SPREAD = 2.0, 0.3, 0.5
"""Standard deviations around the prior, in log-odds, before anything was learnt."""
PERSON_SPREAD = 5.0
"""The same for a weight that says how much a reader clicks at all, and ranks nothing."""
PRIOR_EFFECTS = 10
"""Effects that a prior spread is worth when the spread is estimated anew."""
ROUNDS = 3
STANDS_AHEAD = 2.0
"""Log-odds that the prior stands, before any click."""
CURIOSITY = 0.3
"""Of the standard deviation of a doubted module effect, how much is added or taken by a draw. A third did better than all
(Thompson 1933) and than none where the prior was wrong (bench/choose)."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Mean and spread of the prior's scale, and the spread of module effects, in log-odds."""

    trust: float
    trust_spread: float
    module_spread: float


STANDS, WRONG = Hypothesis(0.8, 0.3, 0.05), Hypothesis(0.0, 0.05, 0.6)


@dataclass(frozen=True)
class _Clicks:
    """A design whose dense columns are base, the trusted part of the prior, and S signals; groups are positions and modules."""

    names: tuple[str, ...]
    design: Design
    scaled: Array
    """float64[S]: the part of a signal's prior weight whose scale is learnt; nought for the others."""
    means: Array
    spreads: Array

    @property
    def signals(self) -> slice:
        return slice(2, 2 + len(self.names))

    @property
    def modules(self) -> slice:
        return self.design.group(1)


def learn_weights(
    history: History, library: Library, priors: Mapping[str, float], trusted: Collection[str] = (), base: float = BASE
) -> dict[str, Any]:
    """Return `base`, `weights` by signal, effects by module and by position (the first is 0), `trust` and `curiosity` by module.

    `priors` are the signals' weights before clicks; a signal that the history does not hold keeps its own. `trusted` names
    those that were fitted on purchases: the scale of their prior is learnt. With no impressions the result is the prior.
    """
    weights, modules, positions = dict(priors), dict.fromkeys(library.names, 0.0), [0.0]
    trust, curious = {"stands": 1.0, "scale": 1.0}, dict[str, float]()
    if len(history.clicked):
        clicks = _clicks(history, library, priors, trusted, base)
        stands, wrong = (_fit(clicks, one) for one in (STANDS, WRONG))
        sure = 1 / (1 + exp(-float(np.clip(stands[1] - wrong[1] + STANDS_AHEAD, -50, 50))))
        values = sure * stands[0].values + (1 - sure) * wrong[0].values
        doubt = (1 - sure) * CURIOSITY * np.sqrt(wrong[0].variances[clicks.modules])
        scale, base = float(values[1]), float(values[0])
        weights.update(zip(clicks.names, (values[clicks.signals] + scale * clicks.scaled).tolist(), strict=True))
        modules = dict(zip(library.names, values[clicks.modules].round(6).tolist(), strict=True))
        positions += values[clicks.design.group(0)].round(6).tolist()
        trust = {"stands": round(sure, 6), "scale": round(scale, 6)}
        curious = {name: spread for name, spread in zip(library.names, doubt.round(6).tolist(), strict=True) if spread >= 0.001}
    return {
        "base": round(base, 6),
        "weights": {name: round(weight, 6) for name, weight in sorted(weights.items())},
        "positions": positions,
        "modules": modules,
        "trust": trust,
        "curiosity": curious,
    }


def _clicks(history: History, library: Library, priors: Mapping[str, float], trusted: Collection[str], base: float) -> _Clicks:
    names = tuple(name for name in history.signal_names if name in priors)
    values = history.signals[:, [history.signal_names.index(name) for name in names]].astype(np.float64)
    ranks = _ranks(values, history.letter)
    scaled = np.array([priors[name] if name in trusted and varies else 0.0 for name, varies in zip(names, ranks, strict=True)])
    means = np.array([priors[name] for name in names]) - scaled
    part = np.zeros(len(values))
    for column, weight in enumerate(scaled):  # one after another: a matrix product may round differently elsewhere
        part += weight * values[:, column]
    dense = np.concatenate([np.ones((len(values), 1)), part[:, None], values], axis=1)
    places = int(history.position.max(initial=1)) - 1
    groups = (history.position.astype(np.int64) - 2, history.module.astype(np.int64))
    design = Design(dense, groups, (places, len(library.modules)), history.clicked)
    spreads = np.concatenate([np.where(ranks, WEIGHT_SPREAD, PERSON_SPREAD), np.full(places, POSITION_SPREAD)])
    return _Clicks(names, design, scaled, np.concatenate([[base, 0.0], means]), spreads)


def _ranks(values: Array, letter: Array) -> Array:
    """bool[S]: the signal tells blocks of some letter apart. One that never does says how much a reader clicks, and ranks nothing."""
    _, first, place = np.unique(letter, return_index=True, return_inverse=True)
    varies: Array = (values != values[first][place]).any(axis=0)
    return varies


def _fit(clicks: _Clicks, hypothesis: Hypothesis) -> tuple[Fit, float]:
    """The mode under a hypothesis and its evidence. Fits alternate between parameters under spreads and spreads under parameters."""
    size, signals, modules = clicks.design.width, clicks.signals, clicks.modules
    means, spread = np.zeros(size), np.empty(size)
    means[: len(clicks.means)] = clicks.means
    means[1] = hypothesis.trust
    spread[:2] = BASE_SPREAD, hypothesis.trust_spread
    spread[2 : modules.start] = clicks.spreads
    spread[modules] = hypothesis.module_spread
    ranking = np.arange(signals.start, signals.stop)[spread[signals] == WEIGHT_SPREAD]
    found = fit(clicks.design, means, spread**-2, means)
    for _ in range(ROUNDS - 1):
        variances = found.variances
        for part, first in ((ranking, WEIGHT_SPREAD), (modules, hypothesis.module_spread)):
            left = (found.values[part] - means[part]) ** 2 + variances[part]
            spread[part] = np.sqrt((PRIOR_EFFECTS * first**2 + left.sum()) / (PRIOR_EFFECTS + len(left)))
        found = fit(clicks.design, means, spread**-2, found.values)
    return found, found.evidence(spread**-2)
