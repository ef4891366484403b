"""What the recipient looked at lately and has not bought since."""

from __future__ import annotations

import numpy as np

from composer.decide.measure import most
from composer.decide.wording import interest_name
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.premium
WEIGHT = 1.5
PERSONAL = True

HALF_LIFE_DAYS = 14.0
RECENT_DAYS = 30


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    fresh = np.exp2(-audience.viewed_age.astype(np.float64) / HALF_LIFE_DAYS)
    return most((fresh * (audience.viewed_age < audience.bought_age)).astype(np.float32), library)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    viewed = [i for i in library.interest_columns[m] if audience.viewed_age[r, i] < min(float(audience.bought_age[r, i]), RECENT_DAYS)]
    newest = min(viewed, key=lambda i: float(audience.viewed_age[r, i]), default=-1)
    return say("You looked at {what} lately.", what=interest_name(library.interests[newest])) if newest >= 0 else SILENCE
