"""Conditions: what is observed in the world, in a region or everywhere, from a moment until another: a storm, a power cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """An observation. `region` is empty where it holds everywhere; `until` is None while nobody knows the end."""

    name: str
    region: str
    since: datetime
    until: datetime | None = None
