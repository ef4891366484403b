"""What was shown to people and what they clicked of it, in modules and in words: one reading of the impressions a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import BigInteger, Connection, case, select, type_coerce
from sqlmodel import col

from composer.domain.audience import Array
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.store._rows import Rows
from composer.store.engine import tuples
from composer.store.tables import ImpressionRow

MILLION = 1_000_000


def read_shown(db: Connection, library: Library, moment: Moment, rows: Rows) -> dict[str, Array]:
    """The Audience's columns `shown`, `shown_age`, and of tone and opening `..._clicked` and `..._expected`, by name.

    Expectations are summed in whole millionths: exact, whatever the order.
    """
    table, at = ImpressionRow, type_coerce(col(ImpressionRow.shown_at), BigInteger)
    now, as_of = int(moment.now.timestamp()), int(moment.as_of.timestamp())
    clicked = case((type_coerce(col(table.clicked_at), BigInteger) <= now, 1), else_=0)
    axes = {"tone": library.tones, "opening": library.openings}
    worded = max(map(len, axes.values())) > 1
    columns = [col(table.recipient), col(table.module), at]
    columns += [col(table.variant), col(table.opening), clicked, col(table.score)] if worded else []
    found = tuples(db, select(*columns).where(rows.hold(db, col(table.recipient)), at <= now)).fetchall()
    recipient, module, shown_at, *words = map(list, zip(*found, strict=True)) if found else [[] for _ in columns]
    row = rows.find(np.array(recipient, dtype=np.int64))
    age = np.full((len(rows), len(library.modules)), np.inf, dtype=np.float32)
    count = np.zeros((len(rows), len(library.modules)), dtype=np.int16)
    m = _places(module, library.names)
    known = (row >= 0) & (m >= 0)
    ages = np.maximum(0, as_of - np.array(shown_at, dtype=np.int64)) / 86_400
    np.add.at(count, (row[known], m[known]), 1)
    np.minimum.at(age, (row[known], m[known]), ages[known].astype(np.float32))
    return {"shown": count, "shown_age": age, **_habits(len(rows), row, words, axes)}


def _places(words: Sequence[str], names: Sequence[str]) -> Array:
    """int64: where each word stands among the names; -1 for a word that is none of them."""
    place = dict.fromkeys(set(words), -1) | {name: i for i, name in enumerate(names)}
    return np.fromiter(map(place.__getitem__, words), dtype=np.int64, count=len(words))


def _habits(size: int, row: Array, words: Sequence[Sequence[object]], axes: dict[str, tuple[str, ...]]) -> dict[str, Array]:
    columns = {
        f"{axis}_{what}": np.zeros((size, len(names)), dtype=np.float32) for axis, names in axes.items() for what in ("clicked", "expected")
    }
    if words:
        variant, opening, clicks, score = words
        expected = np.rint(np.array(score, dtype=np.float64) * MILLION)
        clicked = np.array(clicks, dtype=np.float64)
        for axis, used in (("tone", variant), ("opening", opening)):
            place, width = _places([str(word) for word in used], axes[axis]), len(axes[axis])
            known = (row >= 0) & (place >= 0)
            cell = row[known] * width + place[known]
            for what, values, unit in (("clicked", clicked, 1), ("expected", expected, MILLION)):
                sums = np.bincount(cell, weights=values[known], minlength=size * width) / unit
                columns[f"{axis}_{what}"] = sums.reshape(size, width).astype(np.float32)
    return columns
