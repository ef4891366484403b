"""Whether it is the season: the months a module names, else what people bought in this month of past years."""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.decide.measure import NEUTRAL
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import ContentModule, Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.none
WEIGHT = 0.8
PERSONAL = False

WHOLE_YEAR_DAYS = 330
"""Less history than this cannot tell a season from a trend: nothing is learnt."""
SHRINK = 20.0
"""Expected purchases a month must have before its own share is half believed."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    return np.array([[_fit(module, moment, beliefs) for module in library.modules]], dtype=np.float32)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    module = library.modules[m]
    if moment.as_of.month in module.months:
        return say("It is the season for this.")
    return say("Many people choose this at this time of year.") if _fit(module, moment, beliefs) > NEUTRAL else SILENCE


def learn(history: History, library: Library, moment: Moment) -> dict[str, Any]:
    """Learn each interest's share of a month's purchases against its share of the whole year's, given a year of history."""
    if len(history.age) == 0 or history.age.max() < WHOLE_YEAR_DAYS:
        return {}
    today = np.datetime64(moment.as_of.date(), "D")
    day = today - np.rint(history.age).astype(np.int64).astype("timedelta64[D]")
    month = day.astype("datetime64[M]").astype(np.int64) % 12
    size = len(library.interests)
    counts = np.bincount(month * size + history.interest, minlength=12 * size).reshape(12, size).astype(np.float64)
    expected = counts.sum(axis=1, keepdims=True) * (counts.sum(axis=0) / counts.sum())
    ratio = (counts + SHRINK) / (expected + SHRINK)
    return {"months": {interest: [round(float(x), 6) for x in ratio[:, i]] for i, interest in enumerate(library.interests)}}


def _fit(module: ContentModule, moment: Moment, beliefs: Beliefs) -> float:
    if module.months:
        return 1.0 if moment.as_of.month in module.months else 0.0
    learnt = beliefs.of("season").get("months", {})
    ratio = max((learnt[interest][moment.as_of.month - 1] for interest in module.interests if interest in learnt), default=1.0)
    return float(ratio / (1 + ratio))
