"""A decided batch as forecasts: everything that planning stores of it, row by row, without making a newsletter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.decide.decided import Decided
from composer.decide.scoring import TURNS, chance
from composer.decide.slate import SOURCES
from composer.domain.audience import Array
from composer.domain.content import Library
from composer.domain.forecast import Axes, row_type


def forecast_axes(library: Library) -> Axes:
    """What the numbers in forecasts made with this library stand for."""
    return Axes(library.names, tuple(source.value for source in SOURCES), library.tones, library.openings)


def forecasts(decided: Decided) -> Sequence[bytes]:
    """Return the forecast of every recipient, of those who are skipped too."""
    chosen, words = decided.slate.chosen, decided.words
    rows = np.zeros(len(decided), dtype=row_type(chosen.shape[1]))
    rows["tone"], rows["tone_probability"] = words.tone.chosen, words.tone.probability
    rows["opening"], rows["opening_probability"] = words.opening.chosen, words.opening.probability
    rows["hour_probability"], rows["epsilon"] = decided.times.probability, decided.exploration.epsilon
    places = rows["places"]
    places["module"], places["source"] = chosen, decided.slate.source
    places["score"], places["probability"] = _scores(decided), decided.exploration.probability
    size, packed = rows.dtype.itemsize, rows.tobytes()
    return [packed[start : start + size] for start in range(0, len(packed), size)]


def _scores(decided: Decided) -> Array:
    """float64[R, P]: the click probability of what stands at each place, its position counted in; 0 where nothing stands."""
    chosen, effects = decided.slate.chosen, decided.scores.positions
    filled = chosen >= 0
    if not filled.any():
        return np.zeros(chosen.shape)
    keys = decided.scores.plain_keys(slice(None), np.maximum(chosen, 0).astype(np.int64))
    if effects:
        keys = keys + np.array(effects, dtype=np.int64)[np.clip(filled.cumsum(axis=1) - 1, 0, len(effects) - 1)] * TURNS
    return np.where(filled, chance(keys), 0.0)
