"""Generated readers: what they click, buy and refuse when letters reach them, by tastes the pipeline never sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from composer.demo.people import CATEGORIES, Crowd
from composer.domain.audience import Array
from composer.domain.content import Library

EXAMINATION = (1.0, 0.8, 0.65, 0.55, 0.45, 0.4)
"""Chance that a reader looks at the block in this position."""
IDLE, KEEN = 0.01, 0.40
"""Click probability of a block that was looked at: out of idle curiosity, and more for the dearest subject."""
TIRED = 0.8
"""Each earlier showing of a module to the same reader multiplies the keenness by this."""
LEAVES = 0.002


@dataclass
class Readers:
    """Readers with memories. `shown[(r, module)]` counts what each has seen; `rows` is recipient_id -> r."""

    crowd: Crowd
    library: Library
    draw: np.random.Generator
    shown: Counter[tuple[int, str]] = field(default_factory=Counter)
    rows: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {fields["recipient_id"]: r for r, fields in enumerate(self.crowd.recipients)}

    def likes(self, r: int, module: str) -> float:
        """How much of a reader's dearest subject a module is, in 0..1."""
        interests = self.library.modules[self.library.index[module]].interests
        columns = [CATEGORIES.index(name) for name in (i.removeprefix("category:") for i in interests) if name in CATEGORIES]
        taste: Array = self.crowd.tastes[r]
        return float(taste[columns].max() / taste.max()) if columns else 0.25

    def click(self, r: int, module: str, position: int) -> bool:
        """Whether reader `r` clicks the block at `position` (from 1)."""
        seen = self.shown[r, module]
        self.shown[r, module] += 1
        keen = KEEN * self.likes(r, module) * TIRED**seen
        return bool(self.draw.random() < EXAMINATION[min(position, len(EXAMINATION)) - 1] * (IDLE + keen))
