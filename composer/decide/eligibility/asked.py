"""What somebody asked not to be shown again is not shown to them again."""

from __future__ import annotations

import numpy as np

from composer.domain.asked import NOT_AGAIN
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    if not audience.asked.any():  # most batches: nobody asked for anything
        return np.ones((1, len(library.modules)), dtype=bool)
    allowed: Array = audience.asked != NOT_AGAIN
    return allowed
