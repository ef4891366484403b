"""Replay: what a frozen decision says of the modules it left out, whatever rules and data say by now."""

from __future__ import annotations

from dataclasses import replace

from composer.domain.newsletter import Loser, Newsletter
from composer.domain.sentence import SILENCE, Sentence

THAT_DAY = "a rule of that day"
"""What removed a module that could be shown now: the decision keeps who was in the running, not which rule each other one met."""


SCORED_HIGHER = Sentence("others scored higher that day")
"""Today's ranks say nothing of that day's."""


def of_that_day(newsletter: Newsletter, today: tuple[Loser, ...]) -> tuple[Loser, ...]:
    """Return the losers of a frozen decision from what would be said `today`: who was in the running then lost by score, nobody else.

    Rules are named as they stand now where they still remove the module; scores are those of today.
    """
    shown = {block.module for block in newsletter.blocks}
    named = {loser.module: loser for loser in today}
    eligible = set(newsletter.log.eligible) if newsletter.log else {name for name, loser in named.items() if not loser.rule}
    losers = []
    for name in sorted((named.keys() | eligible) - shown):
        loser = named.get(name, Loser(name, "", 0.0))
        if name in eligible:
            losers.append(replace(loser, rule="", rank=0, lacked=SCORED_HIGHER))
        else:
            losers.append(replace(loser, rule=loser.rule or THAT_DAY, rank=0, lacked=SILENCE))
    return tuple(losers)
