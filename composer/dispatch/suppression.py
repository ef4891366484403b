"""When an address is given up that was never said to be dead: a pure rule over what became of its letters.

Three laws. One success clears everything before it. More failures, or the same over a longer time, never save an
address. Without patience set nobody is given up for soft bounces.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from composer.domain.patience import Patience


def is_given_up(failures: Iterable[datetime], successes: Iterable[datetime], patience: Patience | None) -> bool:
    """Tell whether the failures since the last success are enough of them, over enough time (rules: RFC 3464 section 4).

    Both are times at which letters left, in any order.
    """
    if patience is None:
        return False
    last = max(successes, default=None)
    since = [moment for moment in failures if last is None or moment > last]
    return len(since) >= patience.failures and max(since) - min(since) >= patience.span
