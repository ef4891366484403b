"""How readily the reader followed links on the same subject in earlier letters."""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.decide.measure import NEUTRAL, balance
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.premium
WEIGHT = 0.5
PERSONAL = True

RATE = 0.05
"""Clicks per block shown, before anything was learnt."""
STRENGTH = 10.0
"""Blocks shown that the usual rate is worth."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    """The reader's click rate on the module's group against the usual one; NEUTRAL where clicks may not be read.

    What was shown is our own log and known at every level: without the level's check "may not be read" would look like "never clicked".
    """
    rate = float(beliefs.of("own_clicks").get("rate", RATE))
    clicked, shown = _by_group(audience.clicked, library), _by_group(audience.shown - audience.forgotten, library)
    ratio = (clicked + STRENGTH * rate) / (np.maximum(shown, clicked) + STRENGTH) / rate
    balanced = balance(ratio)
    balanced[audience.level < LEVEL] = NEUTRAL
    return np.take(balanced, library.groups, axis=1)


def _by_group(counts: Array, library: Library) -> Array:
    """float64[R, groups] from [R, M]: most counts are nought, and whole numbers add up exactly in any order."""
    width = int(library.groups.max(initial=-1)) + 1
    cells = np.flatnonzero(counts != 0)
    r, m = np.divmod(cells, max(counts.shape[1], 1))
    sums = np.bincount(r * width + library.groups[m], weights=counts.ravel()[cells], minlength=len(counts) * width)
    return sums.reshape(len(counts), width)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    same_group = library.groups == library.groups[m]
    return say("You followed links on this subject in earlier letters.") if audience.clicked[r, same_group].any() else SILENCE


def learn(history: History, library: Library, moment: Moment) -> dict[str, Any]:
    """Learn the usual click rate of a block, shrunk towards RATE."""
    return {"rate": round((float(history.clicked.sum()) + 100 * RATE) / (len(history.clicked) + 100), 6)}
