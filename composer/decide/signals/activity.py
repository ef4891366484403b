"""How much the recipient has bought of late, of anything: it ranks nothing, and tells weights apart from busy people."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.sentence import SILENCE, Sentence

LEVEL = Level.standard
WEIGHT = 3.0
PERSONAL = True
SILENT = True
FITTED = True

BUSIEST = 28.0
"""Decayed order days that count as 1."""


def value(audience: Audience, library: Library, moment: Moment, beliefs: Beliefs) -> Array:
    """[R, 1], the same for every module: logarithm of decayed order days, 0 without any."""
    busy = np.log((audience.order_days_decayed.astype(np.float64) + 0.5) / 0.5) / np.log((BUSIEST + 0.5) / 0.5)
    column: Array = np.clip(busy, 0, 1).astype(np.float32)[:, None]
    return column


def reason(audience: Audience, r: int, library: Library, m: int, moment: Moment, beliefs: Beliefs) -> Sentence:
    return SILENCE
