"""Nobody gets more letters within the campaign's cap period than its cap says."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = Skip.over_cap


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    if moment.cap is None:
        return np.ones((len(audience), 1), dtype=bool)
    return (audience.sent_lately < moment.cap)[:, None]
