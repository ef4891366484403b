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
    age = np.minimum(_liked_age(audience), np.float32(LONGEST_DAYS)).astype(np.float64)
    return most((1 - np.log1p(age) / np.log1p(LONGEST_DAYS)).astype(np.float32), library)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    columns = library.interest_columns[m]
    age = _liked_age(audience.take([r]))[0]
    newest = min(columns, key=lambda i: float(age[i]), default=-1)
    return bought(audience, r, newest, library.interests[newest]) if newest >= 0 and age[newest] < RECENT_DAYS else SILENCE


def _liked_age(audience: Audience) -> Array:
    """float32[R, I]: days since a purchase that speaks for a liking; those before a person's reset do not, though they are known."""
    found: Array = np.where(audience.bought > 0, audience.bought_age, np.float32(np.inf))
    return found
