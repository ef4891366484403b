"""A module is shown only while what it is about can be had when the letter leaves: in stock, and within the product's dates."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    """A module is closed where none of its interests can be had. What is for buyers is no offer, and stays open."""
    if moment.stock is None:
        return np.ones((1, len(library.modules)), dtype=bool)
    had = moment.stock.had
    table = np.ones((len(had), len(library.modules)), dtype=bool)
    for m, columns in enumerate(library.interest_columns):
        if columns and library.modules[m].bought_within is None:
            table[:, m] = had[:, list(columns)].any(axis=1)
    allowed: Array = table if len(table) == 1 else table[moment.stock.period(moment.leaves(len(audience)))]
    return allowed
