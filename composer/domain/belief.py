"""Beliefs: what learning left for deciding to read, one JSON value per name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BASE = -10.2
"""The score's intercept before anything was learnt: with every signal at its usual value about 5 % of the blocks are clicked.
Deciding starts from it, learning shrinks towards it."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """`values[name]` is what the signal (or the scorer, the clock) of that name learnt; absent means "nothing yet".

    `version` is a hash of the values: it is logged with every decision.
    """

    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    version: str = "prior"

    def of(self, name: str) -> Mapping[str, Any]:
        return self.values.get(name, {})
