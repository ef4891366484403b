"""The personalisation level: how much a recipient lets us use."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """Ordered: a higher level may use everything a lower one may."""

    none = 0
    """Language, time zone, declared topics, frequency and daypart."""
    basic = 1
    """And profile fields: name, role, company, country, region, stage."""
    standard = 2
    """And orders, returns, complaints."""
    premium = 3
    """And clicks, visits and other conduct."""


def effective(chosen: Level, *, profiling: bool, clicks: bool) -> Level:
    """Return the lower of what the recipient chose and what their consents allow."""
    if not profiling:
        return min(chosen, Level.basic)
    return min(chosen, Level.premium if clicks else Level.standard)
