"""Who asked for fewer letters gets none until the days they asked for have passed since the last one."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.clock import find_zone
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip
from composer.domain.spacing import too_soon

SKIPS = Skip.fewer


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    allowed = np.ones((len(audience), 1), dtype=bool)
    leaves = moment.leaves(len(audience))
    for r in np.flatnonzero(audience.frequency.known() & (audience.letter_at != 0)).tolist():
        clock = find_zone(audience.time_zone.word(r))
        allowed[r] = not too_soon(audience.frequency.word(r), int(audience.letter_at[r]), int(leaves[r]), clock)
    return allowed
