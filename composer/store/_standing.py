"""Who may be written to and how much of them may be used: consents, level, suppression, doubles and the cap, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, case, exists, func, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import col

from composer.domain.audience import Array, Codes
from composer.domain.campaign import Campaign, CampaignState
from composer.domain.consent import CLICKS, OPENS, OWN_SOURCES, PROFILING, TOPIC, Basis, State
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.outcome import OutboxState
from composer.store._rows import Rows
from composer.store.consents import granted
from composer.store.engine import among, tuples
from composer.store.tables import CampaignRow, ConsentLedgerRow, EditionRow, OutboxRow, RecipientRow, SuppressionRow

_PLACE, _BASIS, _OWN, _GRANTED = 16, 4, 2, 1
"""Bits of a ledger line as it is read: its purpose's place, its ground, whether the person said it, whether it grants."""
BASES = tuple(Basis)


@dataclass(frozen=True)
class Given:
    """`purposes`, and which of them are in force for each recipient, bool[R, P], on which ground, int8[R, P] into BASES."""

    purposes: tuple[str, ...]
    in_force: Array
    basis: Array

    def of(self, purpose: str) -> Array:
        """bool[R]"""
        found: Array = self.in_force[:, self.purposes.index(purpose)]
        return found

    def grounds(self, purpose: str) -> Codes:
        """On which ground the purpose is in force; not known for whom it is not."""
        column = self.purposes.index(purpose)
        return Codes(np.where(self.in_force[:, column], self.basis[:, column], -1).astype(np.int32), BASES)


def read_consents(db: Connection, campaign: Campaign, topics: Sequence[str], rows: Rows) -> Given:
    """The consents that a campaign's letters hang on, and those to topics, by the whole ledger as it stands.

    What domain.consent.granted_purposes says, for a batch: the newest line counts, of equal times the later row; a withdrawal
    by the person stands until the person grants again.
    """
    purposes = tuple(dict.fromkeys((campaign.list, PROFILING, CLICKS, OPENS, *(TOPIC + topic for topic in topics))))
    ledger = ConsentLedgerRow
    flags = (
        case({purpose: place * _PLACE for place, purpose in enumerate(purposes)}, value=col(ledger.purpose))
        + case({basis.value: place * _BASIS for place, basis in enumerate(BASES)}, value=col(ledger.basis), else_=0)
        + case((col(ledger.source).in_(sorted(OWN_SOURCES)), _OWN), else_=0)
        + case((col(ledger.state) == State.granted.value, _GRANTED), else_=0)
    )
    query = select(col(ledger.recipient), flags, type_coerce(col(ledger.at), BigInteger), col(ledger.number)).where(
        rows.hold(db, col(ledger.recipient)), col(ledger.purpose).in_(purposes)
    )
    row, lines = rows.read(db, query, 3)
    cell = row * len(purposes) + lines[:, 0] // _PLACE
    in_force = np.zeros(len(rows) * len(purposes), dtype=bool)
    basis = np.zeros(len(rows) * len(purposes), dtype=np.int8)
    newest = _newest(cell, lines)
    in_force[cell[newest]] = lines[newest, 0] & _GRANTED
    basis[cell[newest]] = lines[newest, 0] % _PLACE // _BASIS
    own = np.flatnonzero(lines[:, 0] & _OWN)
    theirs = own[_newest(cell[own], lines[own])]
    in_force[cell[theirs[lines[theirs, 0] & _GRANTED == 0]]] = False
    shape = (len(rows), len(purposes))
    return Given(purposes, in_force.reshape(shape), basis.reshape(shape))


def _newest(cell: Array, lines: Array) -> Array:
    """int64: of the lines of each cell the one that counts."""
    order = np.lexsort((lines[:, 2], lines[:, 1], cell))
    ends = np.ones(len(order), dtype=bool)
    ends[:-1] = cell[order[1:]] != cell[order[:-1]]
    found: Array = order[ends]
    return found


def levels_in_force(chosen: Sequence[str], given: Given, at_most: Level) -> Array:
    """int8[R]: what domain.level.level_in_force says, for a batch, and no higher than `at_most`."""
    value = {name: Level.__members__.get(name, Level.none).value for name in set(chosen)}
    wanted = np.fromiter(map(value.__getitem__, chosen), dtype=np.int8, count=len(chosen))
    allowed = np.where(given.of(PROFILING), np.where(given.of(CLICKS), Level.premium, Level.standard), Level.basic)
    return np.minimum(np.minimum(wanted, allowed), at_most).astype(np.int8)


def audience_of(table: Any, campaign: Campaign) -> ColumnElement[bool]:
    """SQL: a row of `table` (recipients) is in the campaign's audience."""
    wanted = [table.erased_at.is_(None)]
    for name, words in campaign.audience.items():
        column = getattr(table, name)
        if name == "language":  # "en" also means en-GB
            wanted.append(or_(column.in_(words), *(column.startswith(f"{word}-", autoescape=True) for word in words)))
        else:
            wanted.append(column.in_(words))
    return and_(*wanted)


def suppressed_mark() -> ColumnElement[int]:
    """SQL, beside a recipient's columns: 1 where the address is never written to."""
    same = col(SuppressionRow.address_key) == col(RecipientRow.address_key)
    return case((exists().where(same, col(SuppressionRow.lifted_at).is_(None)).correlate(RecipientRow), 1), else_=0)


def twin_mark() -> ColumnElement[int]:
    """SQL, beside a recipient's columns: 1 where an earlier recipient has the same address; `duplicate` asks further about them."""
    first = aliased(RecipientRow)
    same = and_(col(first.address_key) == col(RecipientRow.address_key), col(first.number) < col(RecipientRow.number))
    return case((exists().where(same).correlate(RecipientRow), 1), else_=0)


def find_twins(db: Connection) -> Array:
    """int64, rising: every recipient's row number who has the address of an earlier one. One walk through the addresses' index."""
    number, key = col(RecipientRow.number), col(RecipientRow.address_key)
    shared = select(key).group_by(key).having(func.count() > 1)
    found = tuples(db, select(number, key).where(key.in_(shared), key != "").order_by(key, number)).fetchall()
    return np.sort([later[0] for earlier, later in pairwise(found) if earlier[1] == later[1]]).astype(np.int64)


def duplicate(db: Connection, campaign: Campaign, rows: Rows, twins: Array) -> Array:
    """bool[R]: an earlier row of this audience has the same address, and consent. `twins` bool[R]: an earlier row of anybody has."""
    found = np.zeros(len(rows), dtype=bool)
    if not twins.any():
        return found
    number, first = col(RecipientRow.number), aliased(RecipientRow)
    query = (
        select(number, col(first.number))
        .join(first, and_(col(first.address_key) == col(RecipientRow.address_key), col(first.number) < number))
        .where(among(db, number, rows.numbers[twins].tolist()), col(RecipientRow.address_key) != "", audience_of(first, campaign))
    )
    row, earlier = rows.read(db, query, 1)
    consents = granted(db, sorted(set(earlier[:, 0].tolist()))) if len(row) else {}
    found[[r for r, one in zip(row.tolist(), earlier[:, 0].tolist(), strict=True) if campaign.list in consents.get(one, ())]] = True
    return found


def sent_lately(db: Connection, campaign: Campaign, moment: Moment, rows: Rows) -> Array:
    """int16[R]: letters within the cap's period, and those of other editions that may come to be; 0 without a cap.

    Those are the letters of running campaigns whose sending has begun, so that two campaigns that are due together keep one cap
    together, and those that nobody knows to have arrived or not. One of a paused campaign asks for itself when it goes on.
    """
    if campaign.cap is None:
        return np.zeros(len(rows), dtype=np.int16)
    recipient, accepted = col(OutboxRow.recipient), type_coerce(col(OutboxRow.accepted_at), BigInteger)
    since = int((moment.as_of - campaign.cap.period).timestamp())
    until = int(moment.now.timestamp()) + 86_400  # what left an hour ago counts, though the clock was put back by two
    sent = select(recipient).where(rows.hold(db, recipient), accepted <= until, accepted > since)
    own = select(col(EditionRow.number)).where(col(EditionRow.campaign) == campaign.number, col(EditionRow.scheduled) == moment.as_of)
    another = col(OutboxRow.edition).is_distinct_from(own.scalar_subquery())
    running = (
        select(col(EditionRow.number))
        .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        .where(col(CampaignRow.state) == CampaignState.scheduled.value)
    )
    unknown, hour = col(OutboxRow.state) == OutboxState.unknown.value, type_coerce(col(OutboxRow.send_at), BigInteger)
    begun = select(recipient).where(
        rows.hold(db, recipient),
        col(OutboxRow.frozen),
        col(OutboxRow.due_at).is_not(None),  # of what has ended it is nothing
        ~unknown,
        another,
        col(OutboxRow.edition).in_(running),
    )
    doubted = select(recipient).where(rows.hold(db, recipient), unknown, another, hour > since)
    return (rows.count(db, sent) + rows.count(db, begun) + rows.count(db, doubted)).astype(np.int16)
