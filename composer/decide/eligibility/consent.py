"""Nobody is written to without consent to this list in force."""

from __future__ import annotations

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.no_consent


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return audience.consented[:, None]
