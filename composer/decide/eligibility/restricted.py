"""Nobody is written to whose data are restricted: they may be kept and not used (GDPR article 18)."""

from __future__ import annotations

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.restricted


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return ~audience.restricted[:, None]
