"""The past as it looked: who had bought what at an earlier moment, so that signals can be asked what they would have said then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from composer.domain.audience import Array, Audience, Codes
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level

HALF_LIFE_DAYS = 28
"""As the audience's columns count."""


def before(history: History, days: float) -> History:
    """The purchases and order days that lay at least `days` back, with their ages from then; no impressions."""
    kept, ordered = history.age >= days, history.order_age >= days
    return replace(
        history.showing(slice(0, 0)),
        buyer=history.buyer[kept],
        interest=history.interest[kept],
        age=history.age[kept] - np.float32(days),
        order_buyer=history.order_buyer[ordered],
        order_age=history.order_age[ordered] - np.float32(days),
    )


def audience_of(history: History, library: Library, rows: Array) -> Audience:
    """People (int64 rows of the history) as an audience of level premium of whom only purchases, role and stage are known."""
    place = np.full(len(history.draw_key), -1)
    place[rows] = np.arange(len(rows))
    n, size, modules = len(rows), len(library.interests), len(library.modules)
    at, day = place[history.buyer], place[history.order_buyer]
    kept, ordered = at >= 0, day >= 0
    cell = at[kept] * size + history.interest[kept]
    age = history.age[kept].astype(np.float64)
    order_age = history.order_age[ordered].astype(np.float64)

    def total(weights: Array | None = None) -> Array:
        return np.bincount(cell, weights=weights, minlength=n * size).reshape(n, size).astype(np.float32)

    def utmost(function: np.ufunc, start: float) -> Array:
        found = np.full(n * size, start)
        function.at(found, cell, age)
        return found.reshape(n, size)

    newest = np.full(n, np.inf)
    np.minimum.at(newest, day[ordered], order_age)
    first = utmost(np.maximum, -1.0)
    nobody, never = Codes.of([""] * n), np.full(n, np.inf, dtype=np.float32)
    no_word = np.full(n, "", dtype=object)
    return Audience(
        number=np.asarray(rows, dtype=np.int64),
        recipient_id=no_word,
        address=no_word,
        draw_key=history.draw_key[rows],
        level=np.full(n, Level.premium, dtype=np.int8),
        consented=np.ones(n, dtype=bool),
        opens=np.zeros(n, dtype=bool),
        suppressed=np.zeros(n, dtype=bool),
        duplicate=np.zeros(n, dtype=bool),
        basis=Codes.of(["consent"] * n),
        similar=np.ones((n, modules), dtype=bool),
        restricted=np.zeros(n, dtype=bool),
        sent_lately=np.zeros(n, dtype=np.int16),
        letter_at=np.zeros(n, dtype=np.int64),
        shown_age=np.full((n, modules), np.inf, dtype=np.float32),
        shown=np.zeros((n, modules), dtype=np.int16),
        forgotten=np.zeros((n, modules), dtype=np.int16),
        letters_since=np.full((n, modules), np.iinfo(np.int16).max, dtype=np.int16),
        elsewhere_age=np.full((n, modules), np.inf, dtype=np.float32),
        language=nobody,
        time_zone=nobody,
        daypart=nobody,
        frequency=nobody,
        paused_until=np.zeros(n, dtype=np.int64),
        topics=np.zeros((n, len(library.topics)), dtype=bool),
        asked=np.zeros((n, modules), dtype=np.int8),
        first_name=no_word,
        last_name=no_word,
        company=no_word,
        role=history.role.take(rows),
        country=nobody,
        region=history.region.take(rows),
        stage=history.stage.take(rows),
        bought=total(),
        bought_decayed=total(np.exp2(-age / HALF_LIFE_DAYS)),
        bought_age=utmost(np.minimum, np.inf).astype(np.float32),
        bought_first_age=np.where(first < 0, np.inf, first).astype(np.float32),
        order_days=np.bincount(day[ordered], minlength=n).astype(np.float32),
        order_days_decayed=np.bincount(day[ordered], weights=np.exp2(-order_age / HALF_LIFE_DAYS), minlength=n).astype(np.float32),
        returned_age=np.full((n, size), np.inf, dtype=np.float32),
        ordered_age=newest.astype(np.float32),
        complained_age=never,
        clicked=np.zeros((n, modules), dtype=np.float32),
        viewed_age=np.full((n, size), np.inf, dtype=np.float32),
        **{
            f"{axis}_{what}": np.zeros((n, len(names)), dtype=np.float32)
            for axis, names in (("tone", library.tones), ("opening", library.openings))
            for what in ("clicked", "expected")
        },
    )
