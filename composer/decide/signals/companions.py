"""What people who bought the same things bought besides."""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.decide.measure import NEUTRAL, over_modules
from composer.decide.wording import interest_name
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.standard
WEIGHT = 0.8
PERSONAL = True
FITTED = True

SHRINK = 10.0
"""Buyers an interest must have before its company is half believed."""
SUPPORT = 5
"""People who must have bought both: fewer are chance. What is only popular is no company: its lift is about 1."""
KEPT = 20
"""Companions kept per interest: the rest are as usual."""
STEPS = 2.0**16
"""Likings are whole steps of this, so that sums are exact in any order and the batch's shape changes no bit."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    owned = (audience.bought > 0).astype(np.float64)
    likings = np.rint((_likings(library, beliefs) - NEUTRAL) * STEPS)
    count = np.maximum(owned.sum(axis=1), 1)
    mean = NEUTRAL + owned @ likings / (count[:, None] * STEPS)
    return over_modules(mean.astype(np.float32), library.interest_columns, NEUTRAL, np.maximum)


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    pairs = beliefs.of("companions").get("pairs", {})
    wanted = [library.interests[i] for i in library.interest_columns[m]]
    owned = [library.interests[i] for i in np.flatnonzero(audience.bought[r]) if library.interests[i].casefold() not in library.sensitive]
    best = max(((pairs.get(have, {}).get(want, NEUTRAL), have) for have in owned for want in wanted), default=(NEUTRAL, ""))
    if best[0] <= NEUTRAL:
        return SILENCE
    name = interest_name(best[1])
    if isinstance(name, Sentence):
        return say("Others who bought the same as you also chose this.")
    return say("Others who bought {what} also chose this.", what=name)


def learn(history: History, library: Library, moment: Moment) -> dict[str, Any]:
    """Learn, per interest, which others its buyers buy more often than everybody does."""
    size, people = len(library.interests), len(history.draw_key)
    if len(history.buyer) == 0:
        return {}
    has = np.zeros((people, size))
    has[history.buyer, history.interest] = 1
    has = has[has.any(axis=1)]
    buyers, share = has.sum(axis=0), has.mean(axis=0)
    together = has.T @ has
    ratio = (together + SHRINK) / (buyers[:, None] * share[None, :] + SHRINK)
    liking = np.round(ratio / (1 + ratio), 6)
    np.fill_diagonal(liking, NEUTRAL)
    pairs: dict[str, dict[str, float]] = {}
    for i, interest in enumerate(library.interests):
        best = [j for j in np.argsort(-liking[i], kind="stable")[:KEPT] if liking[i, j] > NEUTRAL and together[i, j] >= SUPPORT]
        if best:
            pairs[interest] = {library.interests[j]: float(liking[i, j]) for j in best}
    return {"pairs": pairs}


def _likings(library: Library, beliefs: Beliefs) -> Array:
    """float64[I, I]: how much buyers of the row's interest like the column's, NEUTRAL where nothing was learnt."""
    pairs = beliefs.of("companions").get("pairs", {})
    column = {interest: i for i, interest in enumerate(library.interests)}
    likings = np.full((len(column), len(column)), NEUTRAL)
    for have, liked in pairs.items():
        for want, liking in liked.items():
            if have in column and want in column:
                likings[column[have], column[want]] = liking
    return likings
