"""How many people bought what the module is about in the last two weeks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from composer.decide.measure import unit
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.none
WEIGHT = 2.0
PERSONAL = False
FITTED = True

DAYS = 14
SHRINK = 10.0
"""People the usual share is worth."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    shares = beliefs.of("popularity").get("modules", {})
    usual = _usual(shares)
    return unit(np.array([[shares.get(name, usual) for name in library.names]], dtype=np.float64))


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    shares = beliefs.of("popularity").get("modules", {})
    return say("Popular with other readers.") if shares.get(library.names[m], 0.0) > _usual(shares) else SILENCE


def learn(history: History, library: Library, moment: Moment) -> dict[str, Any]:
    """Learn each module's share of all buyers who bought one of its interests within DAYS, shrunk towards the usual share."""
    people = len(np.unique(history.buyer))
    lately = history.age < DAYS
    if people == 0 or not lately.any():
        return {}
    buyer, interest = history.buyer[lately], history.interest[lately]
    counts = {}
    for module, columns in zip(library.modules, library.interest_columns, strict=True):
        if columns:
            counts[module.name] = len(np.unique(buyer[np.isin(interest, columns)]))
    usual = sum(counts.values()) / (len(counts) * people)
    return {"modules": {name: round((count + SHRINK * usual) / (people + SHRINK), 6) for name, count in counts.items()}}


def _usual(shares: Mapping[str, float]) -> float:
    """The share of the module in the middle; a guess before anything was learnt."""
    known = sorted(shares.values())
    return known[len(known) // 2] if known else 0.05
