"""Prefer what was made for the stage the recipient is at."""

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
    return listed(audience.stage, [module.stages for module in library.modules]).astype("float32")


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    return say("It suits where you are with us now.") if audience.stage.word(r) in library.modules[m].stages else SILENCE
