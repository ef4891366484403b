"""Thanks, reviews and benefits go only to those who bought lately, and not where it was returned or complained about."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from composer.decide.measure import least
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    """A module with `bought_within` needs a purchase of one of its interests that recent, one without interests any purchase.

    A return or complaint in that time forbids it, whether the purchase came before or after.
    """
    asks = np.array([module.bought_within is not None for module in library.modules], dtype=bool)
    days = np.array([(module.bought_within or timedelta(0)) / timedelta(days=1) for module in library.modules], dtype=np.float32)
    of_all = np.array([not module.interests for module in library.modules], dtype=bool)
    bought = np.where(of_all, audience.ordered_age[:, None], least(audience.bought_age, library))
    sorry = np.where(of_all, audience.complained_age[:, None], least(audience.returned_age, library))
    allowed: Array = ~asks | ((bought <= days) & (sorry > days))
    return allowed
