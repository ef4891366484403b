"""How lately the recipient bought what the module is about."""

from __future__ import annotations

import numpy as np

from composer.decide.measure import most
from composer.decide.wording import RECENT_DAYS, bought
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence

LEVEL = Level.standard
WEIGHT = 0.3
PERSONAL = True
FITTED = True

LONGEST_DAYS = 400.0


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    """1 on the day of the purchase, 0.5 after 19 days, 0 after LONGEST_DAYS and for what was never bought."""
    age = np.minimum(audience.bought_age, np.float32(LONGEST_DAYS)).astype(np.float64)
    return most((1 - np.log1p(age) / np.log1p(LONGEST_DAYS)).astype(np.float32), library)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    columns = library.interest_columns[m]
    newest = min(columns, key=lambda i: float(audience.bought_age[r, i]), default=-1)
    if newest < 0 or audience.bought_age[r, newest] >= RECENT_DAYS:
        return SILENCE
    return bought(audience, r, newest, library.interests[newest])
