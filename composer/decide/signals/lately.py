"""How often the recipient buys what the module is about, of late: each order day counts half after 28 days."""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.decide.measure import over_modules, shrunk_rate, unit
from composer.decide.rates import prior_of, rates_of
from composer.decide.wording import RECENT_DAYS, bought
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence

LEVEL = Level.standard
WEIGHT = 1.5
PERSONAL = True
FITTED = True

TRUST = 3.0
"""Decayed order days that the rate over all time is worth."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    rates, strengths, usual = prior_of(beliefs, "lately", library)
    always = shrunk_rate(audience.bought, audience.order_days, rates, strengths)
    lately = shrunk_rate(audience.bought_decayed, audience.order_days_decayed, always, TRUST)
    return over_modules(unit(lately), library.interest_columns, float(unit(np.array(usual))), np.maximum)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    columns = [i for i in library.interest_columns[m] if audience.bought_age[r, i] < RECENT_DAYS and audience.bought[r, i] > 0]
    best = max(columns, key=lambda i: float(audience.bought_decayed[r, i]), default=-1)
    return bought(audience, r, best, library.interests[best]) if best >= 0 else SILENCE


def learn(history: History, library: Library, moment: Moment) -> dict[str, Any]:
    """Learn each interest's share of order days, and how far to trust one person's own."""
    return rates_of(history, library)
