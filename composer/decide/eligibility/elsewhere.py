"""What another campaign has shown lately, or has on its way, is not repeated while the campaign's `apart` lasts."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    """Generic modules, and those whose author lets them come back at once (`rest = "0d"`), may be repeated."""
    if moment.apart is None:
        return np.ones((1, len(library.modules)), dtype=bool)
    days = moment.apart / timedelta(days=1)
    needed = np.array([0.0 if m.generic or not m.rest else days for m in library.modules], dtype=np.float32)
    allowed: Array = audience.elsewhere_age >= needed
    return allowed
