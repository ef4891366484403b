"""What people bought, returned, looked at and clicked, as columns over interests and modules."""

from __future__ import annotations

import numpy as np
from sqlalchemy import BigInteger, Connection, case, func, or_, select, type_coerce
from sqlmodel import col

from composer.domain.audience import Array
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.store._rows import Rows
from composer.store.engine import among, tuples
from composer.store.tables import EventRow, OrderRow, ProductRow, RecipientRow

DAY = 86_400
HALF_LIFE_DAYS = 28
_AT_ONCE = 2_000
"""Recipients whose order lines are held at the same time."""
_TIME_BITS = 34
"""Bits that a time takes in a packed number: up to the year 2514."""
_BOUGHT, _RETURNED, _VIEWED = 0, 1, 2
_KINDS = {"purchase": _BOUGHT, "return": _RETURNED, "complaint": _RETURNED, "view": _VIEWED, "cart": _VIEWED, "wish": _VIEWED}


def load(db: Connection, library: Library, moment: Moment, rows: Rows, resets: Array) -> dict[str, Array]:
    """The Audience's columns of conduct, by name.

    `resets` int64[R], epoch seconds: nothing of before speaks for what somebody likes; what they have, returned or complained
    about is no liking, and stays known.

    A day is a UTC day. A line with quantity 0 counts as bought: what may be owned is not offered. Those below zero are
    returns. An event "purchase" counts like an order of that product.
    """
    size = (len(rows), len(library.interests))
    columns = {
        "bought": np.zeros(size, dtype=np.float32),
        "bought_decayed": np.zeros(size, dtype=np.float32),
        "bought_age": np.full(size, np.inf, dtype=np.float32),
        "returned_age": np.full(size, np.inf, dtype=np.float32),
        "viewed_age": np.full(size, np.inf, dtype=np.float32),
        "bought_first_age": np.full(size, np.inf, dtype=np.float32),
        "order_days": np.zeros(len(rows), dtype=np.float32),
        "order_days_decayed": np.zeros(len(rows), dtype=np.float32),
        "ordered_age": np.full(len(rows), np.inf, dtype=np.float32),
        "complained_age": np.full(len(rows), np.inf, dtype=np.float32),
        "clicked": _clicked(db, library, moment, rows, bool(resets.any())),
    }
    axis = _interests_of_products(db, library)
    as_of = int(moment.as_of.timestamp())
    for start in range(0, len(rows), _AT_ONCE):
        part = Rows(rows.numbers[start : start + _AT_ONCE])
        into = slice(start, start + len(part))
        facts = _facts(db, moment, part)
        likes = facts[facts[:, 1] > resets[into][facts[:, 0]]]
        bought = likes[likes[:, 3] == _BOUGHT]
        columns["order_days"][into], columns["order_days_decayed"][into] = _days(part, bought, as_of)
        for name, kind in (("ordered_age", _BOUGHT), ("complained_age", _RETURNED)):
            columns[name][into] = _newest(part, facts[facts[:, 3] == kind], as_of)
        cells, times = _cells(bought, axis, size[1])
        shape = (len(part), size[1])
        ages = np.maximum(0, as_of - times) / DAY
        columns["bought"][into] = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
        # float64 sums in the order of time: a person's sum does not depend on who else is in the batch.
        weights = np.exp2(-ages / HALF_LIFE_DAYS)
        columns["bought_decayed"][into] = np.bincount(cells, weights=weights, minlength=shape[0] * shape[1]).reshape(shape)
        columns["bought_first_age"][into] = _oldest(cells, ages, shape)
        for name, known, kind in (("bought_age", facts, _BOUGHT), ("returned_age", facts, _RETURNED), ("viewed_age", likes, _VIEWED)):
            cells, times = _cells(known[known[:, 3] == kind], axis, size[1])
            columns[name][into] = _youngest(cells, np.maximum(0, as_of - times) / DAY, shape)
    return columns


def _youngest(cells: Array, ages: Array, shape: tuple[int, int]) -> Array:
    """float32[R, I]: the least age of each cell; infinite where there is none."""
    found = np.full(shape[0] * shape[1], np.inf)
    np.minimum.at(found, cells, ages)
    return found.reshape(shape).astype(np.float32)


def _oldest(cells: Array, ages: Array, shape: tuple[int, int]) -> Array:
    """float32[R, I]: the greatest age of each cell; infinite where there is none."""
    found = np.full(shape[0] * shape[1], -1.0)
    np.maximum.at(found, cells, ages)
    return np.where(found < 0, np.inf, found).reshape(shape).astype(np.float32)


def _interests_of_products(db: Connection, library: Library) -> tuple[Array, ...]:
    """Two arrays, by product row number: the column of its category and of the product itself; -1 for none."""
    column = {interest: i for i, interest in enumerate(library.interests)}
    categories = [name.removeprefix("category:") for name in column if name.startswith("category:")]
    products = [name.removeprefix("product:") for name in column if name.startswith("product:")]
    query = select(col(ProductRow.number), col(ProductRow.category), col(ProductRow.product_id)).where(
        or_(among(db, col(ProductRow.category), categories), among(db, col(ProductRow.product_id), products))
    )
    found = tuples(db, query).fetchall()
    last = max((number for number, _, _ in found), default=0)
    by_category, by_product = (np.full(last + 1, -1, dtype=np.int64) for _ in range(2))
    for number, category, product_id in found:
        by_category[number] = column.get(f"category:{category}", -1)
        by_product[number] = column.get(f"product:{product_id}", -1)
    return by_category, by_product


def _facts(db: Connection, moment: Moment, part: Rows) -> Array:
    """int64[N, 4]: batch row, time, product (-1: none), and one of _BOUGHT, _RETURNED, _VIEWED; nothing later than now."""
    now = int(moment.now.timestamp())
    ordered, occurred = type_coerce(col(OrderRow.ordered_at), BigInteger), type_coerce(col(EventRow.occurred_at), BigInteger)
    quantity = col(OrderRow.quantity)
    orders = select(col(OrderRow.recipient), ordered, col(OrderRow.product), case((quantity < 0, _RETURNED), else_=_BOUGHT)).where(
        part.hold(db, col(OrderRow.recipient)), ordered <= now
    )
    events = select(
        col(EventRow.recipient), occurred, func.coalesce(col(EventRow.product), -1), case(_KINDS, value=col(EventRow.kind))
    ).where(part.hold(db, col(EventRow.recipient)), occurred <= now, col(EventRow.kind).in_(_KINDS))
    facts = []
    for query in (orders, events):
        row, lines = part.read(db, query, 3)
        facts.append(np.concatenate([row[:, None], lines], axis=1))
    return np.concatenate(facts)


def _days(part: Rows, bought: Array, as_of: int) -> tuple[Array, Array]:
    """float32[R] twice: UTC days with any order, and the same with each counted half after HALF_LIFE_DAYS, by its end."""
    days = np.unique((bought[:, 0] << _TIME_BITS) + np.maximum(0, bought[:, 1] // DAY))
    row, day = days >> _TIME_BITS, days & ((1 << _TIME_BITS) - 1)
    ages = np.maximum(0, as_of - (day + 1) * DAY) / DAY
    decayed = np.bincount(row, weights=np.exp2(-ages / HALF_LIFE_DAYS), minlength=len(part))
    return np.bincount(row, minlength=len(part)).astype(np.float32), decayed.astype(np.float32)


def _newest(part: Rows, facts: Array, as_of: int) -> Array:
    """float32[R]: days since the newest of the facts, whatever they were about; infinite where there is none."""
    found = np.full(len(part), np.inf)
    np.minimum.at(found, facts[:, 0], np.maximum(0, as_of - facts[:, 1]) / DAY)
    return found.astype(np.float32)


def _cells(facts: Array, axis: tuple[Array, ...], width: int) -> tuple[Array, Array]:
    """Cells (row * width + interest) and times, one for each cell and UTC day: the last time of that day, in order of time."""
    row = facts[:, 0]
    packed = []
    for column in axis:
        known = (facts[:, 2] >= 0) & (facts[:, 2] < len(column))
        interest = np.where(known, column[np.where(known, facts[:, 2], 0)], -1)
        hit = interest >= 0
        packed.append(((row[hit] * width + interest[hit]) << _TIME_BITS) + np.maximum(0, facts[hit, 1]))
    ordered = np.sort(np.concatenate(packed))
    cells, times = ordered >> _TIME_BITS, ordered & ((1 << _TIME_BITS) - 1)
    last = np.ones(len(ordered), dtype=bool)
    last[:-1] = (cells[1:] != cells[:-1]) | (times[1:] // DAY != times[:-1] // DAY)
    return cells[last], times[last]


def _clicked(db: Connection, library: Library, moment: Moment, rows: Rows, reset: bool) -> Array:
    """float32[R, M]: clicks on the module. `reset`: somebody of the batch had older ones forgotten."""
    now = int(moment.now.timestamp())
    query = (
        select(col(EventRow.recipient), col(EventRow.module), func.count())
        .where(
            rows.hold(db, col(EventRow.recipient)),
            col(EventRow.kind) == "clicked",
            type_coerce(col(EventRow.occurred_at), BigInteger) <= now,
        )
        .group_by(col(EventRow.recipient), col(EventRow.module))
    )
    if reset:
        since = func.coalesce(type_coerce(col(RecipientRow.reset_at), BigInteger), -1)
        query = query.join(RecipientRow, col(RecipientRow.number) == col(EventRow.recipient)).where(
            type_coerce(col(EventRow.occurred_at), BigInteger) > since
        )
    clicks = np.zeros((len(rows), len(library.modules)), dtype=np.float32)
    found = tuples(db, query).fetchall()
    row = rows.find(np.array([number for number, _, _ in found], dtype=np.int64)).tolist()
    for r, (_, module, count) in zip(row, found, strict=True):
        if r >= 0 and module in library.index:
            clicks[r, library.index[module]] = count
    return clicks
