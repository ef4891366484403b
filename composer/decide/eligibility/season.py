"""A module that names its months is shown in them only: the end of the year is not news in March."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    in_season = [not module.months or moment.as_of.month in module.months for module in library.modules]
    return np.array([in_season], dtype=bool)
