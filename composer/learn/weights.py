"""The score's weights: a logistic regression of clicks around the prior, which the clicks may overrule.

How far the prior is to be trusted is itself learnt. Three hypotheses are fitted. The prior *stands*: what purchases taught holds
for clicks up to a scale (`trust`), and modules hardly differ beyond it. Or it holds and modules *differ*. Or it is *wrong*, and
all there is are modules. Each hypothesis' evidence (MacKay 1992) says how likely it is; the beliefs are the mean of all,
weighted by that. Within each, how far weights and module effects may leave their prior is estimated too (empirical Bayes on
the Laplace posterior): little data hardly moves anything.

What ranks is learnt from the differences between the blocks of one letter, for people who buy much also click much, and a
wrong prior would live on that. How much a reader clicks at all is fitted after. While the prior is doubted modules are also
shown out of `curiosity`: see decide/scoring.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.domain.audience import Array
from composer.domain.belief import BASE
from composer.domain.content import Library
from composer.domain.history import History
from composer.learn.logistic import Design, Fit, fit

BASE_SPREAD, WEIGHT_SPREAD, POSITION_SPREAD = 2.0, 0.3, 0.5
"""Standard deviations around the prior, in log-odds, before anything was learnt."""
PERSON_SPREAD, READER_SPREAD = 5.0, 1.0
"""The same for a weight that says how much a reader clicks at all and ranks nothing, and for the scale of a letter's mean."""
OWN_SHARE = 0.3
"""A shipped weight that no purchase has judged may be wrong by this share of itself."""
FIXED = 1e-4
"""The spread of what is not to move."""
PRIOR_EFFECTS = 10
"""Effects that a prior spread is worth when the spread is estimated anew."""
ROUNDS = 3
DOUBT = 1.5
"""Log-odds by which the prior is thought wrong before any click: trust that was earned comes back within one send, and a wrong
prior costs more with every send it is followed (bench/choose)."""
CURIOSITY = 0.5
"""Of the standard deviation of a doubted module effect, how much is added or taken by a draw. Half did better than none and than
all (Thompson 1933) where the prior was wrong (bench/choose)."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Mean and spread of the prior's scale, and the spread of module effects, in log-odds."""

    trust: float
    trust_spread: float
    module_spread: float


STANDS, DIFFER, WRONG = Hypothesis(1.0, 0.35, 0.05), Hypothesis(1.0, 0.35, 0.4), Hypothesis(0.0, 0.05, 0.6)


@dataclass(frozen=True)
class _Clicks:
    """A design whose dense columns are base, the letter's mean, the trusted part of the prior, and S signals, both less their
    means in the letter; groups are positions and modules. `ranks` bool[S]: the signal tells blocks of a letter apart;
    `scaled` float64[S]: the part of its prior weight whose scale is learnt.
    """

    names: tuple[str, ...]
    design: Design
    ranks: Array
    scaled: Array
    means: Array
    spreads: Array

    @property
    def signals(self) -> slice:
        return slice(3, 3 + len(self.names))

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
        fits, evidence = zip(*(_fit(clicks, one) for one in (STANDS, DIFFER, WRONG)), strict=True)
        height = np.array(evidence) + np.array([0.0, 0.0, DOUBT])
        likely = np.exp(height - height.max())
        likely /= likely.sum()
        values = likely[0] * fits[0].values + likely[1] * fits[1].values + likely[2] * fits[2].values
        doubt = likely[2] * CURIOSITY * np.sqrt(fits[2].variances[clicks.modules])
        scale, found = float(values[2]), values[clicks.signals] + float(values[2]) * clicks.scaled
        base, found = _readers(history, clicks, found, values, base)
        weights.update(zip(clicks.names, found.tolist(), strict=True))
        modules = dict(zip(library.names, values[clicks.modules].round(6).tolist(), strict=True))
        positions += values[clicks.design.group(0)].round(6).tolist()
        trust = {"stands": round(float(likely[0] + likely[1]), 6), "scale": round(scale, 6)}
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
    values = _values(history, names)
    _, letter, blocks = np.unique(history.letter, return_inverse=True, return_counts=True)
    mean = np.stack([np.bincount(letter, weights=column, minlength=len(blocks)) / blocks for column in values.T], axis=1)[letter]
    varies = np.abs(values - mean).max(axis=0) > 1e-9
    ranks = varies | (np.ptp(values, axis=0) == 0)
    prior = np.array([priors[name] for name in names])
    scaled = np.where([name in trusted for name in names] & ranks, prior, 0.0)
    inside = np.where(ranks, values - mean, values)
    columns = [np.ones(len(values)), _sum(mean, np.where(ranks, prior, 0.0)), _sum(inside, scaled)]
    places = int(history.position.max(initial=1)) - 1
    groups = (history.position.astype(np.int64) - 2, history.module.astype(np.int64))
    design = Design(np.column_stack([*columns, inside]), groups, (places, len(library.modules)), history.clicked)
    own = np.maximum(WEIGHT_SPREAD, np.where(scaled == 0, OWN_SHARE * np.abs(prior), 0.0))
    spreads = np.concatenate([np.where(ranks, own, PERSON_SPREAD), np.full(places, POSITION_SPREAD)])
    return _Clicks(names, design, ranks, scaled, np.concatenate([[base, 1.0, 0.0], prior - scaled]), spreads)


def _values(history: History, names: Sequence[str]) -> Array:
    values: Array = history.signals[:, [history.signal_names.index(name) for name in names]].astype(np.float64)
    return values


def _sum(columns: Array, weights: Array) -> Array:
    """float64[N]: columns times weights, added one after another: a matrix product may round differently elsewhere."""
    total = np.zeros(len(columns))
    for column, weight in enumerate(weights):
        total += weight * columns[:, column]
    return total


def _readers(history: History, clicks: _Clicks, weights: Array, values: Array, base: float) -> tuple[float, Array]:
    """The base and the weights that say how much a reader clicks at all, once what ranks is settled."""
    design, person = clicks.design, np.flatnonzero(~clicks.ranks)
    seen = _values(history, clicks.names)
    rest = _sum(seen, np.where(clicks.ranks, weights, 0.0))
    for group, effects in ((0, values[design.group(0)]), (1, values[design.group(1)])):
        rest = rest + np.append(effects, 0.0)[design.groups[group]]
    dense = np.column_stack([np.ones(len(rest)), rest, seen[:, person]])
    means = np.concatenate([[base, 1.0], clicks.means[clicks.signals][person]])
    spread = np.concatenate([[BASE_SPREAD, FIXED], np.full(len(person), PERSON_SPREAD)])
    found = fit(Design(dense, (), (), history.clicked), means, spread**-2, means).values
    settled = weights.copy()
    settled[person] = found[2:]
    return float(found[0]), settled


def _fit(clicks: _Clicks, hypothesis: Hypothesis) -> tuple[Fit, float]:
    """The mode under a hypothesis and its evidence. Fits alternate between parameters under spreads and spreads under parameters."""
    size, signals, modules = clicks.design.width, clicks.signals, clicks.modules
    means, spread = np.zeros(size), np.empty(size)
    means[: len(clicks.means)] = clicks.means
    means[2] = hypothesis.trust
    spread[:3] = BASE_SPREAD, READER_SPREAD, hypothesis.trust_spread
    spread[3 : modules.start] = clicks.spreads
    spread[modules] = hypothesis.module_spread
    trusted = np.arange(signals.start, signals.stop)[clicks.scaled != 0]
    found = fit(clicks.design, means, spread**-2, means)
    for _ in range(ROUNDS - 1):
        variances = found.variances
        for part, first in ((trusted, WEIGHT_SPREAD), (modules, hypothesis.module_spread)):
            left = (found.values[part] - means[part]) ** 2 + variances[part]
            spread[part] = np.sqrt((PRIOR_EFFECTS * first**2 + left.sum()) / (PRIOR_EFFECTS + len(left)))
        found = fit(clicks.design, means, spread**-2, found.values)
    return found, found.evidence(spread**-2)
