"""Words that the reasons share: whom a sentence speaks to, and what an interest is called."""

from __future__ import annotations

from composer.domain.audience import Audience

RECENT_DAYS = 56
"""A purchase is recent for this long."""


def buyer(audience: Audience, r: int) -> str:
    """Who bought: the company where we may know of one, else the reader."""
    return "Your company" if audience.company[r] else "You"


def bought(audience: Audience, r: int, column: int, interest: str) -> str:
    """Say that it was bought, and whether lately: one sentence for all signals, so that no two say it side by side."""
    who, what = buyer(audience, r), interest_name(interest)
    return f"{who} bought {what} recently." if audience.bought_age[r, column] < RECENT_DAYS else f"{who} bought {what} before."


def interest_name(interest: str) -> str:
    """Name an interest for a sentence: not in capitals, and a product's id says nothing to people."""
    kind, _, name = interest.partition(":")
    if kind != "category" or not name:
        return "something like this"
    return name.lower() if len(name) > 5 and name.isupper() else name
