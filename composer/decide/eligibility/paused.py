"""Who asked for a pause gets no letter that would leave before it ends."""

from __future__ import annotations

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.paused


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return (audience.paused_until <= moment.leaves(len(audience)))[:, None]
