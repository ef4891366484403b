"""What somebody bought is not offered to them again, as long as the module's `owned_for` says: for ever where it says nothing.

What is for buyers (`bought_within`) is no offer.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from composer.decide.measure import least
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    days = np.array([0.0 if m.bought_within is not None else _days(m.owned_for) for m in library.modules], dtype=np.float32)
    return least(audience.bought_age, library) >= days  # never bought is an infinite age: not less than any


def _days(owned_for: timedelta | None) -> float:
    return np.inf if owned_for is None else owned_for / timedelta(days=1)
