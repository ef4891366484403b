"""Beliefs: what learning left for deciding to read, one JSON value per name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BASE = -14.5
"""The score's intercept before anything was learnt: with every signal at its usual value about 5 % of the blocks are clicked.
Deciding starts from it, learning shrinks towards it."""
STATED_LIFT, STATED_CLICKS = 0.262364, 100.0
"""What the author's word for whom a tone suits is worth before anything was learnt: 1.3 times the clicks (the logarithm is
given), as sure as if it had been seen in so many clicks. Any other effect of words starts from none, as sure. Deciding and
learning start from it alike."""
OWN_CLICKS = 20.0
"""Clicks of their own a reader's habit must stand on before it is half believed."""

PRIOR = "prior"
"""The version of beliefs before anything was learnt."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """`values[name]` is what the signal (or the scorer, the clock) of that name learnt; absent means "nothing yet".

    `version` is a hash of the values: it is logged with every decision.
    """

    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    version: str = PRIOR

    def of(self, name: str) -> Mapping[str, Any]:
        return self.values.get(name, {})
