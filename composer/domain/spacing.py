"""How far apart the letters of a person lie who asked for fewer.

It is counted in whole days of their own calendar: who wants one letter a week has had enough until the same weekday comes round,
and that day's letter comes though it leaves some minutes earlier than last week's. By the hour it would be left out, every other week.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from composer.domain.choices import FREQUENCIES


def too_soon(frequency: str, last: int, leaves: int, clock: tzinfo) -> bool:
    """Whether a letter that leaves at `leaves` follows the one of `last` sooner than asked for; both in epoch seconds, `last` 0: none.

    `clock` is the person's zone. A last letter later than this one (a clock was put back) is always too near. A frequency that is
    none of FREQUENCIES is no wish.
    """
    least = FREQUENCIES.get(frequency)
    if least is None or not last:
        return False
    days = datetime.fromtimestamp(leaves, clock).date() - datetime.fromtimestamp(last, clock).date()
    return days < least
