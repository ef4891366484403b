"""A letter is written only in a language the reader has.

decide.language has settled which.
"""

from __future__ import annotations

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.no_language


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    return audience.language.known()[:, None]
