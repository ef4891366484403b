"""Own customers who never asked for letters are shown nothing but what is like what they bought (ePrivacy article 13(2))."""

from __future__ import annotations

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return audience.similar
