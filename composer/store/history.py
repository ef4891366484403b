"""History: purchases and impressions of everybody whose level allows it, straight from the cursor into columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Connection, func, select, type_coerce, union_all
from sqlmodel import col

from composer.domain.audience import Array, Codes
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.level import Level, level_in_force
from composer.domain.reasons import Source
from composer.store.consents import granted
from composer.store.engine import tuples
from composer.store.tables import EventRow, ImpressionRow, OrderRow, ProductRow, RecipientRow

DAY = 86_400
MOST_IMPRESSIONS = 500_000
"""Newest blocks that are learnt from: weights hardly change beyond."""


def load_history(db: Connection, library: Library, signal_names: Sequence[str], until: datetime) -> History:
    """Return what learning may read up to `until`, by everybody's effective level of this second.

    Purchases of levels standard and premium, one row per recipient, interest and UTC day; impressions of premium only.
    What somebody had forgotten (recipients.reset_at) is left out.
    Modules and interests that the library has no more are left out, too. A signal that was not logged counts as 0.
    """
    people = _people(db)
    end = int(until.timestamp())
    resets = np.array([at or 0 for at in people["reset_at"]], dtype=np.int64)
    purchases = _purchases(db, library, people["number"], resets, end)
    return History(
        draw_key=np.array(people["draw_key"], dtype=np.int64).view(np.uint64),
        role=Codes.of(people["role"]),
        stage=Codes.of(people["stage"]),
        region=Codes.of(people["region"]),
        **purchases,
        signal_names=tuple(signal_names),
        **_impressions(db, library, signal_names, people, end),
    )


def _people(db: Connection) -> dict[str, list[Any]]:
    """Columns of the people whose orders may be read, in row order; `level` is the effective one.

    Nothing is learnt from people whose data is restricted.
    """
    names = ("number", "draw_key", "level", "role", "stage", "region", "reset_at")
    query = select(*(getattr(RecipientRow, name) for name in names)).where(
        col(RecipientRow.erased_at).is_(None), col(RecipientRow.restricted_at).is_(None)
    )
    rows = tuples(db, query.order_by(col(RecipientRow.number))).fetchall()
    consents = granted(db, [row[0] for row in rows])
    people: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows:
        given = consents.get(row[0], frozenset())
        level = level_in_force(row[2], given)
        if level >= Level.standard:
            for name, value in zip(names, (*row[:2], level, *row[3:]), strict=True):
                people[name].append(value)
    return people


def _purchases(db: Connection, library: Library, numbers: list[int], resets: Array, end: int) -> dict[str, Array]:
    """The columns of History about purchases and order days. Ages are whole days."""
    ordered, occurred = type_coerce(col(OrderRow.ordered_at), BigInteger), type_coerce(col(EventRow.occurred_at), BigInteger)
    orders = select(col(OrderRow.recipient), func.coalesce(col(OrderRow.product), -1), ordered).where(
        ordered <= end, col(OrderRow.quantity) > 0
    )
    events = select(col(EventRow.recipient), func.coalesce(col(EventRow.product), -1), occurred).where(
        occurred <= end, col(EventRow.kind) == "purchase"
    )
    lines: Array = np.fromiter(tuples(db, union_all(orders, events)), dtype=np.dtype((np.int64, 3)))
    row = _since(_find(lines[:, 0], numbers), lines[:, 2], resets)
    width, days = max(len(library.interests), 1), end // DAY + 1
    day = np.clip(lines[:, 2] // DAY, 0, days - 1)
    cells = []
    for axis in _axes(db, library, max(int(lines[:, 1].max(initial=0)), 0)):
        column = np.where(lines[:, 1] >= 0, axis[lines[:, 1]], -1)
        hit = (row >= 0) & (column >= 0)
        cells.append((row[hit] * width + column[hit]) * days + day[hit])
    cell = np.unique(np.concatenate(cells))
    buyer, interest = np.divmod(cell // days, width)
    order = np.unique(row[row >= 0] * days + day[row >= 0])
    return {
        "buyer": buyer,
        "interest": interest.astype(np.int32),
        "age": (days - 1 - cell % days).astype(np.float32),
        "order_buyer": order // days,
        "order_age": (days - 1 - order % days).astype(np.float32),
    }


def _axes(db: Connection, library: Library, last: int) -> tuple[Array, Array]:
    """By product row number: the interest of its category, and of the product itself; -1 for none."""
    column = {interest: i for i, interest in enumerate(library.interests)}
    by_category, by_product = np.full(last + 1, -1, dtype=np.int64), np.full(last + 1, -1, dtype=np.int64)
    query = select(col(ProductRow.number), col(ProductRow.category), col(ProductRow.product_id)).where(col(ProductRow.number) <= last)
    for number, category, product_id in tuples(db, query):
        by_category[number] = column.get(f"category:{category}", -1)
        by_product[number] = column.get(f"product:{product_id}", -1)
    return by_category, by_product


def _impressions(db: Connection, library: Library, signal_names: Sequence[str], people: dict[str, list[Any]], end: int) -> dict[str, Array]:
    """The columns of History about blocks shown, newest MOST_IMPRESSIONS, oldest first."""
    table, shown = ImpressionRow, type_coerce(col(ImpressionRow.shown_at), BigInteger)
    clicked = type_coerce(col(table.clicked_at), BigInteger)
    query = (
        select(
            col(table.recipient),
            col(table.module),
            col(table.position),
            clicked,
            col(table.probability),
            shown,
            col(table.source),
            col(table.signals),
            col(table.score),
            col(table.outbox),
            col(table.tone),
            col(table.tone_probability),
            col(table.opening),
            col(table.opening_probability),
        )
        .where(shown <= end)
        .order_by(col(table.number).desc())
        .limit(MOST_IMPRESSIONS)
    )
    readable = {number for number, level in zip(people["number"], people["level"], strict=True) if level >= Level.premium}
    resets = {number: at or 0 for number, at in zip(people["number"], people["reset_at"], strict=True)}
    found = tuples(db, query).fetchall()
    rows = [row for row in found if row[0] in readable and row[1] in library.index and row[5] > resets[row[0]]][::-1]
    signals = np.zeros((len(rows), len(signal_names)), dtype=np.float32)
    for r, row in enumerate(rows):
        values = json.loads(row[7] or "{}")
        signals[r] = [values.get(name, 0.0) for name in signal_names]
    tones, openings = ({name: place for place, name in enumerate(axis)} for axis in (library.tones, library.openings))
    return {
        "module": np.array([library.index[row[1]] for row in rows], dtype=np.int32),
        "position": np.array([row[2] for row in rows], dtype=np.int8),
        "clicked": np.array([row[3] is not None and row[3] <= end for row in rows], dtype=bool),
        "probability": np.array([row[4] for row in rows], dtype=np.float32),
        "viewer": _find(np.array([row[0] for row in rows], dtype=np.int64), people["number"]),
        "impression_age": np.array([(end - row[5]) / DAY for row in rows], dtype=np.float32),
        "explored": np.array([row[6] == Source.explored.value for row in rows], dtype=bool),
        "score": np.array([row[8] for row in rows], dtype=np.float32),
        "letter": np.array([row[9] for row in rows], dtype=np.int64),
        "tone": np.array([tones.get(row[10], -1) for row in rows], dtype=np.int16),
        "tone_probability": np.array([row[11] for row in rows], dtype=np.float32),
        "opening": np.array([openings.get(row[12], -1) for row in rows], dtype=np.int16),
        "opening_probability": np.array([row[13] for row in rows], dtype=np.float32),
        "signals": signals,
    }


def _since(row: Array, times: Array, resets: Array) -> Array:
    """int64: the rows, -1 for lines of before their person's reset."""
    return np.where((row >= 0) & (times > resets[row]), row, -1) if len(resets) else row


def _find(numbers: Array, ordered: list[int]) -> Array:
    """int64: the row of each recipient number in `ordered` (rising), -1 where it is not in it."""
    known = np.array(ordered, dtype=np.int64)
    if len(known) == 0:
        return np.full(len(numbers), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[place] == numbers, place, -1)
