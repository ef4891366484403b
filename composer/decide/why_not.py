"""Why a module that no rule removed is not in the letter: its rank among the candidates, and what it lacked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.decide.scoring import TURNS
from composer.decide.slate import Place
from composer.domain.audience import Array
from composer.domain.content import Layout, Library
from composer.domain.sentence import Sentence, say


def ranks(keys: Array, allowed: Array) -> Array:
    """int64[M]: each candidate's rank by score, from 1; equals share theirs. 0 for what is no candidate."""
    odds = np.sort(keys[allowed] // TURNS)
    rank: Array = np.where(allowed, 1 + len(odds) - np.searchsorted(odds, keys // TURNS, side="right"), 0)
    return rank


def why_not(
    m: int, keys: Array, chosen: Sequence[int], base: Sequence[int], places: Sequence[Place], library: Library, layout: Layout
) -> Sentence:
    """Return what candidate `m` lacked.

    `keys` int64[M]; `chosen` and `base` (as it stood before a try-out) hold the module at each place, -1 where none.
    """
    odds, group = keys // TURNS, library.groups
    if m in base:
        return say("a try-out took its place this time")
    if sum(one >= 0 and group[one] == group[m] for one in chosen) >= layout.per_group:
        return say("{count} of its group are in the letter already", count=str(layout.per_group))
    could = [one for one, place in zip(chosen, places, strict=True) if place.takes[m]]
    worst = min((int(odds[one]) for one in could if one >= 0), default=None)
    if worst is not None and worst < odds[m]:
        return say("the places it could take are kept for others")
    if worst == odds[m]:
        return say("one as good is shown, and it is that one's turn")
    if -1 in could:
        return say("others scored higher, and the letter is long enough")
    return say("others scored higher")
