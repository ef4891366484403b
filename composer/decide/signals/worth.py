"""What a block is worth to the company beside the reader's interest, as its author states; it ranks a little and never more."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence

LEVEL = Level.none
WEIGHT = 0.2
"""Log-odds that the dearest block gains: it can overtake one that is clicked up to a fifth more often, never a better fit."""
PERSONAL = False
SILENT = True
OURS = True


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    """The module's `worth`, 0 to 1, the same for everybody."""
    return np.array([[module.worth for module in library.modules]], dtype=np.float32)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    return SILENCE
