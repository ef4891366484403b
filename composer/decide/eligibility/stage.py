"""A module for some stages is shown only to people known to be in one of them."""

from __future__ import annotations

from composer.decide.measure import permitted
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return permitted(audience.stage, [module.stages for module in library.modules])
