"""Words that the reasons share: whom a sentence speaks to, and what an interest is called."""

from __future__ import annotations

from composer.domain.audience import Audience
from composer.domain.sentence import Sentence, say

RECENT_DAYS = 56
"""A purchase is recent for this long."""


def bought(audience: Audience, r: int, column: int, interest: str) -> Sentence:
    """Say that it was bought, and whether lately: one sentence for all signals, so that no two say it side by side.

    Who bought is the company where we may know of one, else the reader.
    """
    what, company = interest_name(interest), audience.company[r]
    if audience.bought_age[r, column] < RECENT_DAYS:
        return say("Your company bought {what} recently.", what=what) if company else say("You bought {what} recently.", what=what)
    return say("Your company bought {what} before.", what=what) if company else say("You bought {what} before.", what=what)


def interest_name(interest: str) -> str | Sentence:
    """Name an interest for a sentence: not in capitals, and a product's id says nothing to people."""
    kind, _, name = interest.partition(":")
    if kind != "category" or not name:
        return say("something like this")
    return name.lower() if len(name) > 5 and name.isupper() else name
