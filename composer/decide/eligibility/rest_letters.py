"""A module comes back only after as many letters without it as its `rest_letters` says."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    letters = np.array([module.rest_letters for module in library.modules], dtype=np.int16)
    if not letters.any():
        return np.ones((1, len(library.modules)), dtype=bool)
    allowed: Array = audience.letters_since >= letters
    return allowed
