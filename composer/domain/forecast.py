"""A forecast: what a plan foresees for one letter, in about a hundred bytes. The claim decides again; the forecast is what was approved.

The bytes are one row of a NumPy array. Its numbers stand for names that are kept once an edition: see `Axes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from composer.domain.audience import Array

NONE = -1
"""The module of a place that stays empty."""


@dataclass(frozen=True, slots=True)
class Axes:
    """What the numbers in an edition's forecasts stand for."""

    modules: tuple[str, ...]
    sources: tuple[str, ...]
    tones: tuple[str, ...]
    openings: tuple[str, ...]

    def dump(self) -> str:
        return json.dumps(asdict(self))


NO_AXES = Axes((), (), (), ())
"""Of an edition that is not planned."""


def load_axes(text: str) -> Axes:
    """Return the axes that were dumped; NO_AXES for an empty text."""
    return Axes(**{name: tuple(words) for name, words in json.loads(text).items()}) if text else NO_AXES


@cache
def row_type(places: int) -> np.dtype[Any]:
    """The type of a forecast with so many places: of the letter, then per place in reading order.

    `probability` is the chance the design gave to the module in its place, `score` the click probability; the others are
    the chances of tone, opening and hour, and that of a try-out in this letter.
    """
    place = [("module", "<i2"), ("source", "u1"), ("score", "<f4"), ("probability", "<f4")]
    letter = [("tone", "u1"), ("opening", "u1"), ("tone_probability", "<f4"), ("opening_probability", "<f4")]
    return np.dtype([*letter, ("hour_probability", "<f4"), ("epsilon", "<f4"), ("places", place, (places,))])


def read_forecasts(rows: Sequence[bytes]) -> Array:
    """Return forecasts of one edition as an array of `row_type`."""
    size = len(rows[0]) if rows else 0
    empty, two = row_type(0).itemsize, row_type(2).itemsize
    return np.frombuffer(b"".join(rows), dtype=row_type((size - empty) * 2 // (two - empty) if size else 0))


def describe_forecast(row: bytes, axes: Axes) -> Mapping[str, Any]:
    """The forecast with names, for people and for export."""
    letter = read_forecasts([row])[0]
    blocks = [
        {
            "module": axes.modules[place["module"]],
            "source": axes.sources[place["source"]],
            "score": round(float(place["score"]), 6),
            "probability": round(float(place["probability"]), 6),
        }
        for place in letter["places"]
        if place["module"] != NONE
    ]
    chances = {name: round(float(letter[name]), 6) for name in ("tone_probability", "opening_probability", "hour_probability", "epsilon")}
    return {"blocks": blocks, "tone": axes.tones[letter["tone"]], "opening": axes.openings[letter["opening"]], **chances}
