"""A module is shown only while it is valid (`valid_from`, `valid_until`) at the hour the letter goes.

Judged at the later of now and the send time.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.content import Library
from composer.domain.moment import Moment

_ENDS = np.iinfo(np.int64)


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    if not any(m.valid_from or m.valid_until for m in library.modules):
        return np.ones((1, len(library.modules)), dtype=bool)
    sent = moment.leaves(len(audience))
    opens = np.array([_second(m.valid_from, _ENDS.min) for m in library.modules], dtype=np.int64)
    closes = np.array([_second(m.valid_until, _ENDS.max) for m in library.modules], dtype=np.int64)
    allowed: Array = (opens <= sent[:, None]) & (sent[:, None] < closes)
    return allowed


def _second(at: datetime | None, otherwise: int) -> int:
    return otherwise if at is None else int(at.timestamp())
