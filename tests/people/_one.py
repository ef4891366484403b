"""One person under the repository's own rules and signals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from composer.domain.audience import Codes
from composer.domain.belief import Beliefs
from composer.domain.campaign import Policy
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter, Skipped
from tests.decide._worlds import World, blank, shop, weekly, world

LIBRARY = shop()
POPULAR = Beliefs({"popularity": {"modules": {name: 0.02 + 0.01 * i for i, name in enumerate(LIBRARY.names)}}}, "popular")


def one(beliefs: Beliefs = POPULAR, **columns: Any) -> World:
    """A world of one consenting person about whom nothing is known but `columns`; nothing is explored."""
    person = replace(blank(LIBRARY), **columns)
    return world(person, LIBRARY, campaign=weekly(holdout=0.0, policy=Policy(explore=0.0, explore_hour=0.0)), beliefs=beliefs)


def letter(beliefs: Beliefs = POPULAR, **columns: Any) -> Newsletter:
    found = one(beliefs, **columns).decide().outcome(0)
    assert isinstance(found, Newsletter)
    return found


def skipped(**columns: Any) -> Skipped:
    found = one(**columns).decide().outcome(0)
    assert isinstance(found, Skipped)
    return found


def level(value: Level) -> dict[str, Any]:
    return {"level": np.array([value], dtype=np.int8)}


def row(size: int, blank_value: float, **values: float) -> np.ndarray:
    """float32[1, size] of `blank_value` but for the given columns, written c3=1.0."""
    found = np.full((1, size), blank_value, dtype=np.float32)
    for name, value in values.items():
        found[0, int(name[1:])] = value
    return found


def word(text: str) -> Codes:
    return Codes.of([text])
