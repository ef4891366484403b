"""A module is shown only while what it is about can be had when the letter leaves: in stock, and within the product's dates."""

from __future__ import annotations

import numpy as np

from composer.decide.measure import over_modules
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    """A module is closed where none of its interests can be had. What is for buyers is no offer, and stays open."""
    if moment.stock is None:
        return np.ones((1, len(library.modules)), dtype=bool)
    offers = tuple(
        columns if module.bought_within is None else () for module, columns in zip(library.modules, library.interest_columns, strict=True)
    )
    table = over_modules(moment.stock.had, offers, True, np.logical_or)
    allowed: Array = table if len(table) == 1 else table[moment.stock.period(moment.leaves(len(audience)))]
    return allowed
