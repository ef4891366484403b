"""A module for a condition (a storm) is shown only to people in whose region it is reported at the time of the letter."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.condition import Condition
from composer.domain.content import Library
from composer.domain.moment import Moment


def allows(audience: Audience, library: Library, moment: Moment) -> Array:
    asked = {module.when for module in library.modules if module.when}
    if not asked:
        return np.ones((1, len(library.modules)), dtype=bool)
    allowed = np.ones((len(audience), len(library.modules)), dtype=bool)
    leaves = moment.leaves(len(audience))
    for name in asked:
        holds = np.zeros(len(audience), dtype=bool)
        for one in moment.conditions:
            if one.name == name:
                holds |= _there(one, audience) & _then(one, leaves)
        allowed[:, [module.when == name for module in library.modules]] = holds[:, None]
    return allowed


def _there(condition: Condition, audience: Audience) -> Array:
    if not condition.region:
        return np.ones(len(audience), dtype=bool)
    words = audience.region.words
    code = words.index(condition.region) if condition.region in words else -2
    there: Array = audience.region.codes == code
    return there


def _then(condition: Condition, leaves: Array) -> Array:
    since = int(condition.since.timestamp())
    then: Array = (leaves >= since) if condition.until is None else (leaves >= since) & (leaves < int(condition.until.timestamp()))
    return then
