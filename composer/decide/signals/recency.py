"""How much the recipient bought lately of what the module is about; a purchase counts half after 28 days."""

from __future__ import annotations

from composer.decide.measure import balance, most
from composer.decide.wording import RECENT_DAYS, bought
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence

LEVEL = Level.standard
WEIGHT = 1.5
PERSONAL = True


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    return most(balance(audience.bought_decayed), library)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    columns = library.interest_columns[m]
    newest = min(columns, key=lambda i: float(audience.bought_age[r, i]), default=-1)
    if newest < 0 or audience.bought_age[r, newest] >= RECENT_DAYS:
        return SILENCE
    return bought(audience, r, newest, library.interests[newest])
