"""The prior weights, fitted on purchases alone: who would have bought what a module is about within two weeks.

At moments of the past every fitted signal is asked what it would have said of everybody, knowing only what had happened by
then; a logistic regression of what was bought in the AHEAD days after gives the weights. So the first letter is chosen well
before anything was clicked. What may not be offered (bought within `owned_for`) is not learnt from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.moment import Moment
from composer.learn.logistic import Design, fit
from composer.learn.past import audience_of, before

AHEAD = 14
"""Days in which a purchase proves a module right; also the days between the moments of the past."""
MOMENTS = 8
FIRST = 28
"""Days of purchases that must lie before the earliest moment."""
MOST_ROWS = 800_000
FEWEST_HITS = 300
"""Purchases below which the shipped weights stand."""
SPREAD = 3.0
"""Standard deviation of a weight around the shipped one before anything was bought."""


@dataclass(frozen=True)
class _Rows:
    """`values` float32[N, S], `module` int64[N] and `hit` bool[N]."""

    values: Array
    hit: Array


def learn_prior(history: History, library: Library, moment: Moment, signals: Mapping[str, ModuleType]) -> dict[str, Any]:
    """Return `weights` by fitted signal, the `means` of their values, and how many `rows` and `hits` they stand on.

    Empty where too little was bought: then the shipped weights stand.
    """
    names = tuple(sorted(name for name, signal in signals.items() if getattr(signal, "FITTED", False)))
    offered = np.array([bool(module.interests) and module.bought_within is None for module in library.modules], dtype=bool)
    oldest = float(history.order_age.max(initial=0.0))
    backs = [float(AHEAD * n) for n in range(1, MOMENTS + 1) if oldest - AHEAD * n >= FIRST]
    if not names or not offered.any() or not backs:
        return {}
    most = max(1, MOST_ROWS // (len(backs) * int(offered.sum())))
    rows = [_rows_at(history, library, moment, signals, names, offered, back, most) for back in backs]
    values, hit = np.concatenate([one.values for one in rows]), np.concatenate([one.hit for one in rows])
    if hit.sum() < FEWEST_HITS:
        return {}
    means = np.array([0.0, *(float(signals[name].WEIGHT) for name in names)])
    precision = np.array([1e-4, *[SPREAD**-2] * len(names)])
    design = Design(np.concatenate([np.ones((len(values), 1), dtype=np.float32), values], axis=1), (), (), hit)
    weights = fit(design, means, precision, means).values
    return {
        "weights": {name: round(float(weight), 6) for name, weight in zip(names, weights[1:], strict=True)},
        "means": {name: round(float(mean), 6) for name, mean in zip(names, values.mean(axis=0, dtype=np.float64), strict=True)},
        "rows": len(hit),
        "hits": int(hit.sum()),
    }


def _rows_at(
    history: History,
    library: Library,
    moment: Moment,
    signals: Mapping[str, ModuleType],
    names: tuple[str, ...],
    offered: Array,
    back: float,
    most: int,
) -> _Rows:
    """The rows of one moment, `back` days ago: at most `most` of the people who had bought anything by then, chosen by their keys."""
    past = before(history, back)
    then = replace(moment, as_of=moment.as_of - timedelta(days=back), now=moment.now - timedelta(days=back))
    buyers = np.unique(past.order_buyer)
    buyers = np.sort(buyers[np.argsort(history.draw_key[buyers], kind="stable")[:most]])
    beliefs = Beliefs({name: signals[name].learn(past, library, then) for name in names if hasattr(signals[name], "learn")})
    audience = audience_of(past, library, buyers)
    allowed = _allowed(audience, library) & offered
    values = [np.broadcast_to(signals[name].value(audience, library, then, beliefs), allowed.shape)[allowed] for name in names]
    return _Rows(np.stack(values, axis=1).astype(np.float32), _bought_next(history, library, buyers, back)[allowed])


def _bought_next(history: History, library: Library, buyers: Array, back: float) -> Array:
    """bool[R, M]: an interest of the module was bought in the AHEAD days after."""
    place = np.full(len(history.draw_key), -1)
    place[buyers] = np.arange(len(buyers))
    soon = (history.age < back) & (history.age >= back - AHEAD) & (place[history.buyer] >= 0)
    bought = np.zeros((len(buyers), len(library.interests) + 1), dtype=bool)
    bought[place[history.buyer[soon]], history.interest[soon]] = True
    right = np.zeros((len(buyers), len(library.modules)), dtype=bool)
    for m, columns in enumerate(library.interest_columns):
        right[:, m] = bought[:, list(columns)].any(axis=1)
    return right


def _allowed(audience: Audience, library: Library) -> Array:
    """bool[R, M]: not bought within the module's `owned_for`."""
    allowed = np.ones((len(audience), len(library.modules)), dtype=bool)
    for m, (module, columns) in enumerate(zip(library.modules, library.interest_columns, strict=True)):
        if columns:
            days = np.inf if module.owned_for is None else module.owned_for / timedelta(days=1)
            age = audience.bought_age[:, list(columns)].min(axis=1)
            allowed[:, m] = (age >= days) | np.isinf(age)
    return allowed
