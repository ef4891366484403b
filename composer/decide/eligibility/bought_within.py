"""Thanks, reviews and benefits are for those who bought lately, and never about what was returned or complained about."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    """A module with `bought_within` needs a purchase of one of its interests that recent, one without interests any purchase.

    A return or complaint in that time forbids it, whether the purchase came before or after.
    """
    allowed = np.ones((len(audience), len(library.modules)), dtype=bool)
    for m, module in enumerate(library.modules):
        if module.bought_within is None:
            continue
        days = np.float32(module.bought_within / timedelta(days=1))
        columns = list(library.interest_columns[m])
        bought = audience.bought_age[:, columns].min(axis=1) if columns else audience.ordered_age
        sorry = audience.returned_age[:, columns].min(axis=1) if columns else audience.complained_age
        allowed[:, m] = (bought <= days) & (sorry > days)
    return allowed
