"""How often the recipient buys what the module is about, shrunk towards how often people do who buy what they buy."""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.decide.measure import log_odds, over_modules, shrunk_rate, unit
from composer.decide.rates import FEWEST, counts_of, prior_of, rates_of
from composer.decide.wording import bought, interest_name
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.standard
WEIGHT = 8.0
PERSONAL = True
FITTED = True

RIDGE = 0.1
"""Of the mean variance of tastes, added to each when likings are learnt."""
KEPT = 24
"""Likings kept per interest, the strongest."""
TASTE_STEPS, LIKING_STEPS = 2.0**8, 2.0**12
"""Tastes and likings are whole steps of these, so that their product's sums are exact in any order (decide/scoring.py)."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    rates, strengths, usual = prior_of(beliefs, "affinity", library)
    if likings := beliefs.of("affinity").get("likings", {}):
        taste = _tastes(audience.bought, audience.order_days, rates, strengths)
        liked = (np.rint(taste * TASTE_STEPS) @ _table(likings, library)) / (TASTE_STEPS * LIKING_STEPS)
        rates = 1 / (1 + np.exp(-(log_odds(rates) + liked)))
    shrunk = shrunk_rate(audience.bought, audience.order_days, rates, strengths)
    return over_modules(unit(shrunk), library.interest_columns, float(unit(np.array(usual))), np.maximum)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    columns = library.interest_columns[m]
    best = max(columns, key=lambda i: float(audience.bought[r, i]), default=-1)
    times = float(audience.bought[r, best]) if columns else 0.0
    if times < 1:
        return SILENCE
    if times < 3:
        return bought(audience, r, best, library.interests[best])
    what = interest_name(library.interests[best])
    return say("Your company often buys {what}.", what=what) if audience.company[r] else say("You often buy {what}.", what=what)


def learn(history: History, library: Library, moment: Moment) -> dict[str, Any]:
    """Learn rates, and `likings`: how a taste for one interest foretells a taste for another (ridge of each on all others).

    A taste is how far somebody's own shrunk log-odds of buying lie from everybody's. The item-item form with a closed
    solution is Steck 2019 (EASE, arXiv 1905.03375), here on tastes instead of clicks.
    """
    belief = rates_of(history, library)
    if not belief:
        return {}
    counts, days = counts_of(history, library)
    if len(days) < FEWEST or len(library.interests) < 2:
        return belief
    rates, strengths = (np.array(list(belief[what].values())) for what in ("rates", "strength"))
    tastes = _tastes(counts, days, rates, strengths)
    spread = tastes.T @ tastes
    size = len(spread)
    inverse = np.linalg.inv(spread + (RIDGE * spread.trace() / size + 1e-9) * np.eye(size))
    liking = -inverse / inverse.diagonal()[None, :]
    np.fill_diagonal(liking, 0.0)
    found: dict[str, dict[str, float]] = {}
    for want, name in enumerate(library.interests):
        for have in np.argsort(-np.abs(liking[:, want]), kind="stable")[:KEPT]:
            if steps := float(np.rint(liking[have, want] * LIKING_STEPS)):
                found.setdefault(library.interests[have], {})[name] = steps / LIKING_STEPS
    return belief | {"likings": found}


def _tastes(bought: Array, days: Array, rates: Array, strengths: Array) -> Array:
    """float64[R, I]: own shrunk log-odds less everybody's; nought for who bought nothing."""
    own = log_odds(shrunk_rate(bought, days, rates, strengths)) - log_odds(rates)
    return np.where((days > 0)[:, None], own, 0.0)


def _table(likings: dict[str, dict[str, float]], library: Library) -> Array:
    """float64[I, I] in whole steps: what a taste for the row adds to the column."""
    column = {interest: i for i, interest in enumerate(library.interests)}
    table = np.zeros((len(column), len(column)))
    for have, wanted in likings.items():
        for want, liking in wanted.items():
            if have in column and want in column:
                table[column[have], column[want]] = np.rint(liking * LIKING_STEPS)
    return table
