"""What was shown to people and what they clicked of it, in modules and in words: one reading of the impressions a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import BigInteger, Connection, case, select, type_coerce
from sqlmodel import col

from composer.domain.audience import Array
from composer.domain.campaign import Campaign
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.store._between import elsewhere_letters, letters_since, other_campaigns, under_way
from composer.store._rows import Rows
from composer.store.engine import tuples
from composer.store.tables import ImpressionRow

MILLION = 1_000_000


def read_shown(db: Connection, library: Library, campaign: Campaign, moment: Moment, rows: Rows, resets: Array) -> dict[str, Array]:
    """The Audience's columns `shown`, `shown_age`, `forgotten`, `letters_since`, `elsewhere_age`, and those of tones and openings.

    `resets` int64[R], epoch seconds: what was shown until then is our log, and tells nothing about the person.
    Expectations are summed in whole millionths: exact, whatever the order.
    """
    table, at = ImpressionRow, type_coerce(col(ImpressionRow.shown_at), BigInteger)
    now, as_of = int(moment.now.timestamp()), int(moment.as_of.timestamp())
    clicked = case((type_coerce(col(table.clicked_at), BigInteger) <= now, 1), else_=0)
    axes = {"tone": library.tones, "opening": library.openings}
    worded = max(map(len, axes.values())) > 1
    others = other_campaigns(db, campaign)
    columns = [col(table.recipient), col(table.module), at, *([col(table.outbox)] if others else [])]
    columns += [col(table.variant), col(table.opening), clicked, col(table.score)] if worded else []
    found = tuples(db, select(*columns).where(rows.hold(db, col(table.recipient)), at <= now)).fetchall()
    recipient, module, shown_at, *words = map(list, zip(*found, strict=True)) if found else [[] for _ in columns]
    outbox = words.pop(0) if others else []
    row = rows.find(np.array(recipient, dtype=np.int64))
    age = np.full((len(rows), len(library.modules)), np.inf, dtype=np.float32)
    count = np.zeros((len(rows), len(library.modules)), dtype=np.int16)
    m = _places(module, library.names)
    known = (row >= 0) & (m >= 0)
    times = np.array(shown_at, dtype=np.int64)
    ages = (np.maximum(0, as_of - times) / 86_400).astype(np.float32)
    np.add.at(count, (row[known], m[known]), 1)
    before = (row >= 0) & (times <= resets[row]) if len(rows) else known
    forgotten = np.zeros(count.shape, dtype=np.int16)
    np.add.at(forgotten, (row[known & before], m[known & before]), 1)
    np.minimum.at(age, (row[known], m[known]), ages[known])
    elsewhere: Array = np.broadcast_to(np.float32(np.inf), age.shape)
    if others:
        elsewhere = np.full(age.shape, np.inf, dtype=np.float32)
        theirs = known & np.isin(np.array(outbox, dtype=np.int64), elsewhere_letters(db, campaign, moment, others, rows))
        np.minimum.at(elsewhere, (row[theirs], m[theirs]), ages[theirs])
        elsewhere[under_way(db, library, others, rows)] = 0
    ours = row >= 0
    since = letters_since(library, len(rows), row[ours], m[ours], times[ours])
    found_of: dict[str, Array] = {
        "shown": count,
        "shown_age": age,
        "forgotten": forgotten,
        "letters_since": since,
        "elsewhere_age": elsewhere,
    }
    return found_of | _habits(len(rows), np.where(before, -1, row), words, axes)


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
