"""One letter per edition and address: the first recipient with the address gets it."""

from __future__ import annotations

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.same_address


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return ~audience.duplicate[:, None]
