"""The first moment a late letter may leave: inside its campaign's window, outside quiet hours, by the recipient's own clock.

Whatever made it late (a pause, a restart, a retry, pacing), the same limits hold as when its hour was chosen.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from composer.decide.send_time import QUARTER, is_allowed
from composer.domain.campaign import Window
from composer.domain.clock import find_zone


def first_allowed(window: Window, zone: str, at: datetime, quiet: tuple[int, int], late_until: datetime | None = None) -> datetime | None:
    """Return the first moment from `at` on at which a letter may leave, or None where it expires before.

    `zone` is the recipient's (IANA; an unknown one is read as UTC), `quiet` the local hours [from, until) when nothing leaves,
    `late_until` the moment from which on the letter is not sent any more. A window of `now` allows every moment. Pure; aware UTC.
    """
    moment: datetime | None = at
    if not window.now and not is_allowed(at.astimezone(find_zone(zone)), window, quiet):
        second = _next_allowed(zone, int(at.timestamp()) // QUARTER * QUARTER, int(at.timestamp()) % QUARTER, window, quiet)
        moment = None if second is None else datetime.fromtimestamp(second, UTC)
    return None if moment is None or (late_until is not None and moment >= late_until) else moment


@lru_cache(maxsize=16384)
def _next_allowed(zone: str, quarter: int, past: int, window: Window, quiet: tuple[int, int]) -> int | None:
    """The first allowed second later than `quarter` + `past`, looked for on the local clock within the window's horizon.

    Offsets from UTC are whole quarters of an hour and quiet hours are whole hours: only a window opens at another minute.
    """
    clock, odd = find_zone(zone), window.opens.minute % 15 * 60
    for start in range(quarter, quarter + int(window.horizon.total_seconds()), QUARTER):
        for second in sorted({start, start + odd}):
            if second > quarter + past and is_allowed(datetime.fromtimestamp(second, clock), window, quiet):
                return second
    return None
