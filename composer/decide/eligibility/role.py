"""A module for some roles is shown only to people known to have one of them."""

from __future__ import annotations

from composer.decide.measure import permitted
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return permitted(audience.role, [module.roles for module in library.modules])
