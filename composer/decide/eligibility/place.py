"""A module for some countries or regions is shown only to people known to be there."""

from __future__ import annotations

from composer.decide.measure import permitted
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    countries = permitted(audience.country, [module.countries for module in library.modules])
    regions = permitted(audience.region, [module.regions for module in library.modules])
    allowed: Array = countries & regions
    return allowed
