"""What a plan tells: counts at its end, and meanwhile whole newsletters or a few words a recipient, to whoever listens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from composer.domain.campaign import Edition
from composer.domain.newsletter import Newsletter, Skipped


@dataclass
class PlanReport:
    """What a plan came to. `stored` is false for dry runs and for editions approved before."""

    edition: Edition
    letters: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    stored: bool = False


class Brief(NamedTuple):
    """A decision in a few words: the modules of the letter and its hour, or the reason why there is none."""

    recipient_id: str
    arm: str
    modules: tuple[str, ...]
    send_at: datetime | None
    reason: str


Line = Callable[[Newsletter | Skipped], None]
BriefLine = Callable[[Brief], None]


def brief_of(outcome: Newsletter | Skipped) -> Brief:
    """The few words about a whole newsletter."""
    if isinstance(outcome, Skipped):
        return Brief(outcome.recipient_id, outcome.arm.value, (), None, outcome.reason.value)
    return Brief(outcome.recipient_id, outcome.arm.value, tuple(block.module for block in outcome.blocks), outcome.send_at, "")
