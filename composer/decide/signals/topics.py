"""What the reader asked to hear about."""

from __future__ import annotations

import numpy as np

from composer.decide.measure import over_modules
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.none
WEIGHT = 1.5
PERSONAL = True


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    return over_modules(audience.topics, library.topic_columns, False, np.logical_or).astype(np.float32)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    asked = [library.topics[t] for t in library.topic_columns[m] if audience.topics[r, t]]
    return say("You asked to hear about {topic}.", topic=asked[0]) if asked else SILENCE
