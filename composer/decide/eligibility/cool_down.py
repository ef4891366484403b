"""A module that somebody was shown rests for as long as its `rest` says; a generic one may come back at once."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    days = np.array([0.0 if m.generic else m.rest / timedelta(days=1) for m in library.modules], dtype=np.float32)
    allowed: Array = audience.shown_age >= days
    return allowed
