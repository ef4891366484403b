"""How many letters a provider may get in a day: the warm-up plan of a new sender, and no sudden growth of a known one.

Both go by letters that were really accepted. Days are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor

from composer.dispatch.provider import Provider, today
from composer.domain.manners import Growth, Rules

ALWAYS = 1000
"""Growth is no matter below this many letters a day."""


def allowance(provider: Provider, rules: Rules, now: float) -> int | None:
    """Letters that may be let go on the day of `now` and have not been yet; None: no limit."""
    day = today(provider, now)
    limits = []
    if rules.warm_up is not None:
        limits.append(_warmed_up(rules.warm_up, provider.days, day))
    if rules.growth is not None:
        limits.append(_grown(rules.growth, provider.days, day))
    found = [limit for limit in limits if limit is not None]
    return max(0, min(found) - max(provider.booked.get(day, 0), provider.days.get(day, 0))) if found else None


def _warmed_up(plan: Sequence[int], days: Mapping[int, int], present: int) -> int | None:
    """A day moves the plan on when at least half of what it allowed was accepted; None: the plan is done."""
    step = 0
    for day in sorted(days):
        if day < present and step < len(plan) and 2 * days[day] >= plan[step]:
            step += 1
    return plan[step] if step < len(plan) else None


def _grown(growth: Growth, days: Mapping[int, int], present: int) -> int:
    best = max((count for day, count in days.items() if present - growth.days <= day < present), default=0)
    return max(ALWAYS, floor(growth.factor * best))


def tomorrow(provider: Provider, now: float) -> float:
    """The moment at which the next day's allowance begins."""
    return (today(provider, now) + 1) * 86400.0
