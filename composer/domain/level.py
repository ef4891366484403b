"""The personalisation level: how much a recipient lets us use."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

from composer.domain.consent import CLICKS, PROFILING


class Level(IntEnum):
    """Ordered: a higher level may use everything a lower one may."""

    none = 0
    """Language, time zone, declared topics and daypart."""
    basic = 1
    """And profile fields: name, role, company, country, region, stage."""
    standard = 2
    """And orders, returns, complaints."""
    premium = 3
    """And clicks, visits and other conduct."""


def level_in_force(chosen: str, granted: Collection[str]) -> Level:
    """Return the lower of what the recipient chose, by name, and what the purposes they granted allow.

    A name that is no level allows nothing.
    """
    allowed = Level.basic
    if PROFILING in granted:
        allowed = Level.premium if CLICKS in granted else Level.standard
    return min(Level.__members__.get(chosen, Level.none), allowed)
