"""What people ask for on a why page: more or less of a piece, and with it of what the piece is about.

Their own word, declared like a topic: it counts at every level and in the general letter, and no click overrules it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from composer.domain.audience import Array
from composer.domain.content import Library

NOT_AGAIN, LESS, NOTHING, MORE = -2, -1, 0, 1
"""What somebody asked of a module: not this one again, less like it, nothing, more like it."""


class Ask(StrEnum):
    more = "more"
    less = "less"


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish. `about` are the module's interests in the letter it was asked in: the wish outlives the module."""

    module: str
    ask: Ask
    about: tuple[str, ...]
    at: datetime


def asked_of(wishes: Iterable[Asked], library: Library) -> Array:
    """int8[M]: what wishes, the oldest first, ask of each module: NOT_AGAIN, LESS, NOTHING or MORE.

    Of what several wishes are about the newest counts. A module that was asked about itself has its own word, whatever is
    asked of others later; only "less" of itself keeps it away altogether.
    """
    found = np.zeros(len(library.modules), dtype=np.int8)
    own: dict[int, int] = {}
    for wish in wishes:
        for interest in wish.about:
            found[list(library.about.get(interest, ()))] = MORE if wish.ask is Ask.more else LESS
        if wish.module in library.index:
            own[library.index[wish.module]] = MORE if wish.ask is Ask.more else NOT_AGAIN
    for m, word in own.items():
        found[m] = word
    return found
