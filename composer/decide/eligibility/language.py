"""A module is shown only in a language it is written in."""

from __future__ import annotations

from composer.decide.measure import listed
from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return listed(audience.language, [module.languages for module in library.modules])
