"""The score's weights: a logistic regression of clicks, shrunk towards the prior as far as the data do not speak.

Maximum a posteriori by Newton's method (iteratively reweighted least squares). How far weights and module effects may
leave their prior is itself estimated (empirical Bayes, EM on the Laplace posterior): little data hardly moves anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.domain.audience import Array
from composer.domain.belief import BASE
from composer.domain.content import Library
from composer.domain.history import History

BASE_SPREAD, WEIGHT_SPREAD, POSITION_SPREAD, MODULE_SPREAD = 2.0, 0.3, 0.5, 0.15
"""Standard deviations around the prior, in log-odds, before anything was learnt."""
PRIOR_EFFECTS = 10
"""Effects that a prior spread is worth when the spread is estimated anew."""
ROUNDS, STEPS, ENOUGH = 6, 30, 1e-8
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class _Plan:
    """Where the parameters stand: base, S weights, P - 1 positions after the first, M modules; and their prior means."""

    names: tuple[str, ...]
    positions: int
    modules: int
    means: Array

    @property
    def weights(self) -> slice:
        return slice(1, 1 + len(self.names))

    @property
    def effects(self) -> slice:
        return slice(len(self.means) - self.modules, len(self.means))


def learn_weights(history: History, library: Library, priors: Mapping[str, float], start: Mapping[str, Any]) -> dict[str, Any]:
    """Return base, weights by signal, effects by module and effects by position (the first is 0).

    `priors` are the signals' shipped weights; a signal that the history does not hold keeps its own. With no
    impressions the result is the prior.
    """
    names = tuple(name for name in history.signal_names if name in priors)
    places = int(history.position.max(initial=1))
    means = np.concatenate([[BASE], [priors[name] for name in names], np.zeros(places - 1 + len(library.modules))])
    plan = _Plan(names, places, len(library.modules), means)
    found = _fit(history, plan, _starting(plan, library, start)) if len(history.clicked) else means
    weights = {**priors, **dict(zip(names, found[plan.weights].tolist(), strict=True))}
    return {
        "base": round(float(found[0]), 6),
        "weights": {name: round(weight, 6) for name, weight in sorted(weights.items())},
        "positions": [0.0, *found[1 + len(names) : plan.effects.start].round(6).tolist()],
        "modules": dict(zip(library.names, found[plan.effects].round(6).tolist(), strict=True)),
    }


def _starting(plan: _Plan, library: Library, start: Mapping[str, Any]) -> Array:
    values = plan.means.copy()
    values[0] = start.get("base", values[0])
    weights, effects = start.get("weights", {}), start.get("modules", {})
    values[plan.weights] = [weights.get(name, mean) for name, mean in zip(plan.names, plan.means[plan.weights], strict=True)]
    values[plan.effects] = [effects.get(name, 0.0) for name in library.names]
    return values


def _fit(history: History, plan: _Plan, values: Array) -> Array:
    """Alternate between the parameters under the spreads and the spreads under the parameters."""
    spread = np.full(len(plan.means), POSITION_SPREAD)
    spread[0], spread[plan.weights], spread[plan.effects] = BASE_SPREAD, WEIGHT_SPREAD, MODULE_SPREAD
    for _ in range(ROUNDS):
        values, curvature = _newton(history, plan, values, spread**-2)
        left = (values - plan.means) ** 2 + np.linalg.inv(curvature).diagonal()
        for part, first in ((plan.weights, WEIGHT_SPREAD), (plan.effects, MODULE_SPREAD)):
            spread[part] = np.sqrt((PRIOR_EFFECTS * first**2 + left[part].sum()) / (PRIOR_EFFECTS + len(left[part])))
    return _newton(history, plan, values, spread**-2)[0]


def _newton(history: History, plan: _Plan, values: Array, precision: Array) -> tuple[Array, Array]:
    """Return the mode and the curvature there. A step that does not climb is halved: the objective is concave, so it ends at the top."""
    height, gradient, curvature = _objective(history, plan, values, precision)
    for _ in range(STEPS):
        step = np.linalg.solve(curvature, gradient)
        if np.abs(step).max() < ENOUGH:
            break
        higher = _objective(history, plan, values + step, precision)
        while higher[0] < height - ENOUGH and np.abs(step).max() > ENOUGH:
            step = step / 2
            higher = _objective(history, plan, values + step, precision)
        values = values + step
        height, gradient, curvature = higher
    return values, curvature


def _objective(history: History, plan: _Plan, values: Array, precision: Array) -> tuple[float, Array, Array]:
    """Log posterior, its gradient and its negative Hessian."""
    away = values - plan.means
    height, gradient, curvature = -0.5 * float(precision @ away**2), -precision * away, np.diag(precision)
    for design, clicked in _designs(history, plan):
        odds = design @ values
        chance = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        height += float((clicked * odds - np.logaddexp(0, odds)).sum())
        gradient = gradient + design.T @ (clicked - chance)
        curvature = curvature + (design * (chance * (1 - chance))[:, None]).T @ design
    return height, gradient, curvature


def _designs(history: History, plan: _Plan) -> Iterator[tuple[Array, Array]]:
    """(float64[rows, parameters], float64[rows]) a piece at a time."""
    columns = [history.signal_names.index(name) for name in plan.names]
    for begin in range(0, len(history.clicked), ROWS_AT_ONCE):
        rows = slice(begin, begin + ROWS_AT_ONCE)
        design = np.zeros((len(history.clicked[rows]), len(plan.means)))
        design[:, 0] = 1
        design[:, plan.weights] = history.signals[rows][:, columns]
        at = np.arange(len(design))
        later = history.position[rows] > 1
        design[at[later], len(plan.names) + history.position[rows][later].astype(np.int64) - 1] = 1
        design[at, plan.effects.start + history.module[rows].astype(np.int64)] = 1
        yield design, history.clicked[rows].astype(np.float64)
