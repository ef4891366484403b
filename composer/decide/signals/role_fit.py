"""Prefer what was written for the role the recipient has."""

from __future__ import annotations

from composer.decide.measure import listed
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.basic
WEIGHT = 0.8
PERSONAL = True


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    return listed(audience.role, [module.roles for module in library.modules]).astype("float32")


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    return say("It was written for people in your role.") if audience.role.word(r) in library.modules[m].roles else SILENCE
