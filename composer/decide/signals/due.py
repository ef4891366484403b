"""Whether it is about time again: days since the last purchase against the usual gap between this person's purchases."""

from __future__ import annotations

import numpy as np

from composer.decide.measure import over_modules
from composer.decide.wording import interest_name
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.standard
WEIGHT = 0.3
PERSONAL = True
FITTED = True

TIMES = 2
"""Purchases that make a gap."""
LONGEST = 4.0
"""Gaps, as log(1 + gaps), beyond which nobody is taken to wait."""
ABOUT = (0.75, 2.0)
"""Gaps since the last purchase within which it is said to be time."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    """1 just after a purchase, 0.83 when one gap has passed, falling; 0 for what was not bought twice."""
    gaps = np.log1p(_gaps(audience))
    fresh = np.where(np.isfinite(gaps), 1 - np.minimum(gaps, LONGEST) / LONGEST, 0.0)
    return over_modules(fresh, library.interest_columns, 0.0, np.maximum).astype(np.float32)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    gaps = _gaps(audience.take([r]))[0]
    for column in library.interest_columns[m]:
        if audience.bought[r, column] >= TIMES + 1 and ABOUT[0] <= gaps[column] <= ABOUT[1]:
            return say("It may be about time for {what} again.", what=interest_name(library.interests[column]))
    return SILENCE


def _gaps(audience: Audience) -> Array:
    """float64[R, I]: usual gaps that have passed since the last purchase; infinite for what was not bought on TIMES days."""
    bought, last = audience.bought.astype(np.float64), audience.bought_age.astype(np.float64)
    twice = bought >= TIMES
    between = np.where(twice, audience.bought_first_age - np.where(twice, last, 0.0), 0.0) / np.maximum(bought - 1, 1)
    gaps: Array = np.where(twice, last, np.inf) / np.maximum(between, 1.0)
    return gaps
