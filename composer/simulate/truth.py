"""The truth about a library: how likely each person is to follow each block they look at, before anything they were shown.

What nobody knows in life and a simulator does: it gives the oracle its choice and what is learnt something to be held against.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from composer.domain.audience import Array
from composer.domain.content import PLAIN, Library
from composer.simulate.crowd import CATEGORIES, PLACES, STAGES, TONES, Crowd
from composer.simulate.purchases import need

IDLE, KEEN, MOST = 0.01, 0.36, 0.9
"""Chance to follow a block that was looked at: out of idle curiosity, more for the dearest subject, and never more than that."""
EXAMINED = (1.0, 0.8, 0.65, 0.55, 0.45, 0.4)
"""Chance that a reader looks at the block in this position."""
SUBJECTLESS = 0.25
"""How much a module that is about no category is liked by everybody."""
FITTING_STAGE = 1.25
APPEAL = 0.3
"""Standard deviation of the logarithm of how well modules are written."""
LIKED_TONE, OTHER_TONE = 1.25, 0.9


@dataclass(frozen=True)
class Truth:
    """A crowd before a library of M modules."""

    crowd: Crowd
    library: Library

    @cached_property
    def appeal(self) -> Array:
        """float32[M]: how many times the usual clicks a module earns whoever reads it."""
        draw = np.random.default_rng([self.crowd.seed, 3])
        drawn: Array = draw.lognormal(-(APPEAL**2) / 2, APPEAL, len(self.library.modules)).astype(np.float32)
        return drawn

    @cached_property
    def about(self) -> Array:
        """bool[M, categories]: what each module is about."""
        found: Array = np.array(
            [[f"category:{name}" in module.interests for name in CATEGORIES] for module in self.library.modules], dtype=bool
        ).reshape(len(self.library.modules), len(CATEGORIES))
        return found

    @cached_property
    def _fits(self) -> Array:
        """float32[stages, M]"""
        table = [[FITTING_STAGE if stage in module.stages else 1.0 for module in self.library.modules] for stage in STAGES]
        return np.array(table, dtype=np.float32).reshape(len(STAGES), -1)

    @cached_property
    def _offers(self) -> Array:
        return np.array([module.kind == "offer" for module in self.library.modules], dtype=bool)

    @cached_property
    def _tones(self) -> Array:
        """float32[TONES, library tones]: what a block written so is worth to who likes that tone."""
        worth = [[1.0 if tone == PLAIN else LIKED_TONE if tone == liked else OTHER_TONE for tone in self.library.tones] for liked in TONES]
        return np.array(worth, dtype=np.float32)

    def keenness(self, rows: Array, second: Array) -> Array:
        """float32[L, M]: how much people (int64[L]) are for each module at that time (int64[L]); 1 is the dearest subject, on the whole."""
        crowd = self.crowd
        wants = crowd.tastes[rows] * need(crowd, rows, second)
        wants /= crowd.tastes[rows].max(axis=1, keepdims=True)
        likes = np.full((len(rows), len(self.library.modules)), SUBJECTLESS, dtype=np.float32)
        for m, about in enumerate(self.about):
            if about.any():
                likes[:, m] = wants[:, np.flatnonzero(about)].max(axis=1)
        likes *= self.appeal * self._fits[crowd.stage[rows]]
        return np.where(self._offers, likes * crowd.thrift[rows][:, None], likes)

    def chances(self, rows: Array, second: Array, worn: Array) -> Array:
        """float32[L, M]: chance to follow a plain block that is looked at, by who is worn of it so far (float32[L, M], 0 fresh to 1)."""
        chance = (IDLE + KEEN * self.keenness(rows, second) * (1 - worn)) * self.crowd.eager[rows][:, None]
        found: Array = np.minimum(chance, np.float32(MOST))
        return found

    def tone_worth(self, rows: Array, tones: Array) -> Array:
        """float32[L, P]: what the tone of each block (int64[L, P] into library.tones) makes of its chance."""
        found: Array = self._tones[self.crowd.tone[rows][:, None], tones]
        return found

    def best_words(self, rows: Array) -> Array:
        """float32[L, M]: what each module's best tone for each person is worth, in the language they read."""
        modules = self.library.modules
        table = np.ones((len(TONES), len(PLACES), len(modules)), dtype=np.float32)
        for t, tone in enumerate(TONES[1:], 1):
            for p, (_, _, _, language) in enumerate(PLACES):
                table[t, p] = [LIKED_TONE if module.speaks(tone, language) else 1.0 for module in modules]
        found: Array = table[self.crowd.tone[rows], self.crowd.place[rows]]
        return found
