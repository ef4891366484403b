"""The letter that a provider's report without a Message-ID is about: the last one that left for the address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlmodel import col

from composer.store.recipients import address_key
from composer.store.tables import OutboxRow, RecipientRow

LONGEST_WAY = timedelta(days=30)
"""A report about a letter that left before is about nothing we know."""


def latest_letter(db: Connection, key: bytes, address: str, at: datetime) -> int | None:
    """The row of the last letter accepted for a living recipient with this address before `at`; None where there is none."""
    number = col(OutboxRow.number)
    return db.execute(
        select(number)
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(
            col(RecipientRow.address_key) == address_key(key, address),
            col(RecipientRow.erased_at).is_(None),
            col(OutboxRow.accepted_at) <= at,
            col(OutboxRow.accepted_at) > at - LONGEST_WAY,
        )
        .order_by(col(OutboxRow.accepted_at).desc(), number.desc())
        .limit(1)
    ).scalar()
