"""The other letters that count for people who asked for fewer: to the same address, whatever the campaign.

A letter counts once it was accepted, while its sending goes on in a running campaign, and where nobody knows whether it arrived.
Of one that is planned nothing is known yet: the first of two that is claimed leaves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import col

from composer.domain.audience import Array
from composer.domain.campaign import Campaign, CampaignState
from composer.domain.choices import FREQUENCIES
from composer.domain.moment import Moment
from composer.domain.outcome import OutboxState
from composer.store._rows import Rows
from composer.store.engine import among, tuples
from composer.store.tables import CampaignRow, EditionRow, OutboxRow, RecipientRow

_LONGEST = max(FREQUENCIES.values())
_DAY = 86_400


def letter_at(db: Connection, campaign: Campaign, moment: Moment, rows: Rows, wishing: Array) -> Array:
    """int64[R], epoch seconds: the newest letter of other editions that counts, for those of `wishing` (bool[R]); else 0.

    One on its way counts as leaving now, or when it is due.
    """
    found = np.zeros(len(rows), dtype=np.int64)
    if not wishing.any():
        return found
    now = int(moment.now.timestamp())
    own = select(col(EditionRow.number)).where(col(EditionRow.campaign) == campaign.number, col(EditionRow.scheduled) == moment.as_of)
    another = col(OutboxRow.edition).is_distinct_from(own.scalar_subquery())
    numbers = rows.numbers[wishing].tolist()
    for counts, hour, least in _counting(now):
        row, lines = rows.read(db, _to_address(db, numbers, _seconds(hour)).where(counts, another), 1)
        np.maximum.at(found, row, np.maximum(lines[:, 0], least))
    return found


def letters_beside(db: Connection, letters: Mapping[int, int], now: datetime) -> dict[int, list[int]]:
    """Of letters that are under way (outbox row -> recipient): row -> when other letters left that count against it, epoch seconds.

    Of two that are under way at once the one with the higher row number has the other beside it, and never both each other.
    """
    found: defaultdict[int, list[int]] = defaultdict(list)
    by_person: defaultdict[int, list[int]] = defaultdict(list)
    for row, recipient in letters.items():
        by_person[recipient].append(row)
    for counts, hour, least in _counting(int(now.timestamp())) if by_person else ():
        for recipient, at, other in tuples(db, _to_address(db, list(by_person), _seconds(hour), col(OutboxRow.number)).where(counts)):
            for row in by_person[recipient]:
                if other < row or (other != row and not least):
                    found[row].append(max(at, least))
    return dict(found)


def _counting(now: int) -> tuple[tuple[ColumnElement[bool], Any, int], ...]:
    """The three ways in which a letter counts: the condition, when it left, and when at the earliest (0 where it is over)."""
    unknown = col(OutboxRow.state) == OutboxState.unknown.value
    running = (
        select(col(EditionRow.number))
        .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        .where(col(CampaignRow.state) == CampaignState.scheduled.value)
    )
    since = now - int(_LONGEST.total_seconds()) - _DAY
    begun = and_(col(OutboxRow.frozen), col(OutboxRow.due_at).is_not(None), ~unknown, col(OutboxRow.edition).in_(running))
    return (
        (_seconds(OutboxRow.accepted_at).between(since, now + _DAY), OutboxRow.accepted_at, 0),  # a clock may be put back by an hour
        (begun, OutboxRow.due_at, now),
        (and_(unknown, _seconds(OutboxRow.send_at) > since), OutboxRow.send_at, 0),
    )


def _seconds(column: Any) -> ColumnElement[int]:
    return type_coerce(col(column), BigInteger)


def _to_address(db: Connection, recipients: list[int], *columns: Any) -> Any:
    """SQL: each of `recipients`, with columns of every letter to their address, whoever of those that share it was meant."""
    twin = aliased(RecipientRow)
    mine = col(RecipientRow.number)
    same = or_(col(twin.number) == mine, and_(col(twin.address_key) == col(RecipientRow.address_key), col(twin.address_key) != ""))
    return (
        select(mine, *columns)
        .join(twin, same)
        .join(OutboxRow, col(OutboxRow.recipient) == col(twin.number))
        .where(among(db, mine, recipients))
    )
