"""What lies between two showings of a module: letters since it was last shown, and what other campaigns showed meanwhile."""

from __future__ import annotations

import numpy as np
from sqlalchemy import BigInteger, Connection, select, type_coerce
from sqlmodel import col

from composer.domain.audience import Array
from composer.domain.campaign import Campaign
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.store._rows import Rows
from composer.store.decisions import modules_of
from composer.store.engine import among, tuples
from composer.store.tables import EditionRow, OutboxRow

NEVER = np.iinfo(np.int16).max
_TIME_BITS = 34
"""Bits that a time takes in a packed number: up to the year 2514."""


def letters_since(library: Library, size: int, row: Array, module: Array, shown_at: Array) -> Array:
    """int16[R, M]: letters since the module was last shown, where it asks (`rest_letters`); NEVER where it never was.

    `row`, `module` (-1: in the library no more) and `shown_at` are int64, one for each block shown. A letter is a second in which
    something was shown to somebody.
    """
    asked = np.array([module.rest_letters > 0 for module in library.modules], dtype=bool)
    if not asked.any() or not len(row):
        return np.broadcast_to(np.int16(NEVER), (size, len(library.modules)))
    letters = np.unique((row << _TIME_BITS) + shown_at)
    asks = (module >= 0) & asked[module]
    newest = np.full((size, len(library.modules)), -1, dtype=np.int64)
    np.maximum.at(newest, (row[asks], module[asks]), shown_at[asks])
    r, m = np.nonzero(newest >= 0)
    after = np.searchsorted(letters, (r + 1) << _TIME_BITS) - np.searchsorted(letters, (r << _TIME_BITS) + newest[r, m], side="right")
    since = np.full((size, len(library.modules)), NEVER, dtype=np.int16)
    since[r, m] = np.minimum(after, NEVER)
    return since


def other_campaigns(db: Connection, campaign: Campaign) -> list[int]:
    """The editions whose blocks this campaign does not repeat; none where it keeps no distance, or is alone."""
    query = select(col(EditionRow.number)).where(col(EditionRow.campaign) != campaign.number)
    return [int(number) for (number,) in tuples(db, query).fetchall()] if campaign.apart else []


def elsewhere_letters(db: Connection, campaign: Campaign, moment: Moment, editions: list[int], rows: Rows) -> Array:
    """int64: the letters of these editions that reached the batch within the campaign's `apart`, by their numbers."""
    assert campaign.apart is not None
    accepted, recipient = type_coerce(col(OutboxRow.accepted_at), BigInteger), col(OutboxRow.recipient)
    query = select(recipient, col(OutboxRow.number)).where(
        rows.hold(db, recipient),
        accepted > int((moment.as_of - campaign.apart).timestamp()),
        accepted <= int(moment.now.timestamp()),
        among(db, col(OutboxRow.edition), editions),
    )
    numbers: Array = rows.read(db, query, 1)[1][:, 0]
    return numbers


def under_way(db: Connection, library: Library, editions: list[int], rows: Rows) -> tuple[Array, Array]:
    """Two int64: batch rows and modules of the blocks in letters of these editions whose sending has begun and not ended."""
    query = select(col(OutboxRow.recipient), col(OutboxRow.decision)).where(
        rows.hold(db, col(OutboxRow.recipient)),
        col(OutboxRow.frozen),
        col(OutboxRow.due_at).is_not(None),  # of what has ended it is nothing
        among(db, col(OutboxRow.edition), editions),
    )
    found = tuples(db, query).fetchall()
    row = rows.find(np.array([recipient for recipient, _ in found], dtype=np.int64)).tolist()
    cells = [
        (r, library.index[name]) for r, (_, text) in zip(row, found, strict=True) for name in modules_of(text) if name in library.index
    ]
    pairs = np.array([cell for cell in cells if cell[0] >= 0], dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
