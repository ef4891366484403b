"""How often the recipient buys what the module is about, shrunk towards how often everybody does."""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.decide.measure import over_modules, unit
from composer.decide.wording import bought, interest_name
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.standard
WEIGHT = 5.0
PERSONAL = True

RATE = 0.05
"""Share of order days on which an interest is bought, before anything was learnt."""
STRENGTH = 4.0
"""Order days that the prior rate is worth, before anything was learnt."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    belief = beliefs.of("affinity")
    known = belief.get("rates", {})
    usual = float(belief.get("usual", RATE))
    rates = np.array([known.get(interest, usual) for interest in library.interests], dtype=np.float64)
    strength = float(belief.get("strength", STRENGTH))
    shrunk = (audience.bought + strength * rates) / (audience.order_days[:, None] + strength)
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
    """Learn each interest's share of order days, and by the spread between people how far to trust one person's own."""
    if len(history.buyer) == 0:
        return {}
    _, day = np.unique(np.stack([history.buyer.astype(np.float64), history.age.astype(np.float64)]), axis=1, return_inverse=True)
    days = np.bincount(history.buyer[np.unique(day.ravel(), return_index=True)[1]], minlength=len(history.draw_key))
    buyers = np.flatnonzero(days)
    n = days[buyers].astype(np.float64)
    size = len(library.interests)
    cell = history.buyer * size + history.interest
    bought = np.bincount(cell, minlength=len(history.draw_key) * size).reshape(-1, size)[buyers].astype(np.float64)
    total = n.sum()
    rates = (bought.sum(axis=0) + RATE) / (total + 1.0)
    return {
        "rates": {interest: round(float(rate), 6) for interest, rate in zip(library.interests, rates, strict=True)},
        "usual": round(float(rates.mean()), 6),
        "strength": round(_strength(bought, n, np.clip(rates, 1e-6, 1 - 1e-6)), 4),
    }


def _strength(bought: Array, n: Array, rates: Array) -> float:
    """Order days the prior is worth: moments of the beta-binomial (Kleinman 1973), pooled over interests, between 1 and 200."""
    spread = (n[:, None] * (bought / n[:, None] - rates) ** 2).sum(axis=0)
    noise = rates * (1 - rates)
    people = len(n)
    room = n.sum() - (n**2).sum() / n.sum() - (people - 1)
    if people < 20 or room <= 0:
        return STRENGTH
    likeness = float((spread - noise * (people - 1)).sum() / (noise.sum() * room))
    return float(np.clip(1 / likeness - 1, 1, 200)) if likeness > 0 else 200.0
