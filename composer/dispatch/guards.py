"""The guards of a campaign: too many complaints, too many dead addresses; judged so that small numbers alone halt nothing.

Gmail and Yahoo ask for complaints below 0.10 % and never 0.30 % or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from composer.domain.campaign import Guards

GUARD = "guard: "
"""How the reason of a campaign begins that a guard halted."""
FEWEST_COMPLAINTS = 3
"""One angry reader of a small edition says nothing about the campaign."""
FEWEST_BOUNCES = 20
SURE = 2.576
"""Standard errors of a two-sided interval that holds 99 times of 100."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Letters of a campaign: accepted in all; since it was resumed last: complained about, tried, refused for a dead address.

    There may be more dead addresses than letters tried since: bounces come late, and then tell of those from before.
    """

    accepted: int = 0
    complaints: int = 0
    tried: int = 0
    bounces: int = 0


def lower_bound(part: int, whole: int) -> float:
    """The least share that `part` of `whole` speaks for (Wilson 1927, score interval); none where there are more than were asked."""
    if whole < max(part, 1):
        return 0.0
    share, z = part / whole, SURE * SURE / whole
    return max(0.0, (share + z / 2 - SURE * sqrt(share * (1 - share) / whole + z / whole / 4)) / (1 + z))


def objection(guards: Guards, counts: Counts) -> str:
    """Why the campaign must halt, in one line; empty where it need not."""
    complained = counts.complaints / max(counts.accepted, 1)
    if guards.complaints is not None and counts.complaints >= FEWEST_COMPLAINTS and complained >= guards.complaints:
        return (
            f"{GUARD}{counts.complaints} complaints of {counts.accepted} letters ({complained:.2%}; the limit is {guards.complaints:.2%})"
        )
    if guards.bounces is not None and counts.bounces >= FEWEST_BOUNCES and lower_bound(counts.bounces, counts.tried) >= guards.bounces:
        share = counts.bounces / counts.tried
        return f"{GUARD}{counts.bounces} dead addresses of {counts.tried} letters ({share:.1%}; the limit is {guards.bounces:.1%})"
    return ""


def is_warning(guards: Guards, counts: Counts) -> bool:
    """Whether complaints are a third of the way to the limit: 0.10 % where it is 0.30 %."""
    near = counts.complaints / max(counts.accepted, 1) * 3 >= (guards.complaints or 1)
    return guards.complaints is not None and counts.complaints >= FEWEST_COMPLAINTS and near


def enough(guards: Guards, counts: Counts) -> int:
    """So many letters, counted, tell that no guard objects to this trouble: those beyond only make its share less."""
    by_bounces = counts.bounces / guards.bounces if guards.bounces else 0
    by_complaints = 4 * counts.complaints / guards.complaints if guards.complaints else 0  # a warning comes at 3; some were not accepted
    return int(max(by_bounces, by_complaints)) + 1
