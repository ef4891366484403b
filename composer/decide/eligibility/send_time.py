"""A letter needs a moment at which it may leave: inside the window and outside quiet hours."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.no_send_time


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    if moment.send_at is None:
        return np.ones((len(audience), 1), dtype=bool)
    return (moment.send_at >= 0)[:, None]
