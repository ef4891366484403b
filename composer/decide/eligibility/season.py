"""A module that names its months is in letters that leave in them only: the end of the year is not news in March."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    """The month is that in which the letter leaves, in UTC."""
    if not any(module.months for module in library.modules):
        return np.ones((1, len(library.modules)), dtype=bool)
    season = np.array([[not module.months or month in module.months for module in library.modules] for month in range(1, 13)], dtype=bool)
    months = moment.leaves(len(audience)).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    allowed: Array = season[months]
    return allowed
