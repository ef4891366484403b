"""A suppressed address is never written to: it bounced, complained, opted out or was erased."""

from __future__ import annotations

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.suppressed


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return ~audience.suppressed[:, None]
