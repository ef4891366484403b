"""What somebody returned or complained about is not offered to them for 90 days."""

from __future__ import annotations

from composer.decide.measure import least
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment

REST_DAYS = 90


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return least(audience.returned_age, library) >= REST_DAYS
