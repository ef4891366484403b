"""What people in the same role and at the same stage choose more often than others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from composer.decide.measure import balance, over_modules
from composer.domain.audience import Array, Audience, Codes
from composer.domain.belief import Beliefs
from composer.domain.content import ContentModule, Library
from composer.domain.history import History
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence, say

LEVEL = Level.basic
WEIGHT = 1.0
PERSONAL = True

SHRINK = 10.0
"""Expected buyers a segment must have before its own rate is half believed."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    belief = beliefs.of("segment")
    roles, stages = audience.role, audience.stage
    table = balance(
        _ratios(roles.words, belief.get("role", {}), library)[:, None] * _ratios(stages.words, belief.get("stage", {}), library)[None]
    )
    found: Array = table[roles.codes, stages.codes]
    return found


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    belief = beliefs.of("segment")
    by_role = _ratio(belief.get("role", {}).get(audience.role.word(r), {}), library.modules[m])
    by_stage = _ratio(belief.get("stage", {}).get(audience.stage.word(r), {}), library.modules[m])
    if max(by_role, by_stage) <= 1:
        return SILENCE
    if by_role >= by_stage:
        return say("Often chosen by people in a role like yours.")
    return say("Often chosen by others at the same stage.")


def learn(history: History, library: Library, moment: Moment) -> dict[str, Any]:
    """Learn, per role and per stage, how much more often its people buy each interest than everybody (gamma-Poisson shrinkage)."""
    if len(history.buyer) == 0:
        return {}
    has = np.zeros((len(history.draw_key), len(library.interests)))
    has[history.buyer, history.interest] = 1
    return {"role": _learn_axis(history.role, has, library), "stage": _learn_axis(history.stage, has, library)}


def _learn_axis(axis: Codes, has: Array, library: Library) -> dict[str, dict[str, float]]:
    share = has.mean(axis=0)
    learnt = {}
    for code, word in enumerate(axis.words):
        members = has[axis.codes == code]
        ratio = (members.sum(axis=0) + SHRINK) / (len(members) * share + SHRINK)
        learnt[word] = {interest: round(float(x), 6) for interest, x in zip(library.interests, ratio, strict=True)}
    return learnt


def _ratios(words: Sequence[str], learnt: Mapping[str, Mapping[str, float]], library: Library) -> Array:
    """float64[words + 1, M]: how much more often people of a segment choose the module; 1 where nothing is known, as in the last row."""
    each = [[learnt.get(word, {}).get(interest, 1.0) for interest in library.interests] for word in (*words, "")]
    rates = np.array(each, dtype=np.float64).reshape(len(words) + 1, len(library.interests))
    return over_modules(rates, library.interest_columns, 1.0, np.maximum)


def _ratio(rates: Mapping[str, float], module: ContentModule) -> float:
    return max((rates.get(interest, 1.0) for interest in module.interests), default=1.0)
