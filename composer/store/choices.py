"""Recipients' own choices: the profile's switches and the ledger behind them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlmodel import col

from composer.domain.choices import Choices
from composer.domain.level import Level
from composer.store.consents import bump_suppression_version
from composer.store.tables import ConsentLedgerRow, RecipientRow


def choices_of(db: Connection, recipient: int) -> Choices | None:
    """Return what this person has chosen; None for a stranger and for somebody erased."""
    row = db.execute(
        select(col(RecipientRow.language), col(RecipientRow.level), col(RecipientRow.daypart), col(RecipientRow.topics)).where(
            col(RecipientRow.number) == recipient, col(RecipientRow.erased_at).is_(None)
        )
    ).first()
    if row is None:
        return None
    ledger = db.execute(
        select(col(ConsentLedgerRow.purpose), col(ConsentLedgerRow.state), col(ConsentLedgerRow.source), col(ConsentLedgerRow.at))
        .where(col(ConsentLedgerRow.recipient) == recipient)
        .order_by(col(ConsentLedgerRow.number))
    )
    return Choices(
        recipient=recipient,
        language=row.language,
        level=Level.__members__.get(row.level, Level.none),
        daypart=row.daypart,
        topics=tuple(topic for topic in row.topics.split(",") if topic),
        ledger=tuple((purpose, state, source, int(at.timestamp())) for purpose, state, source, at in ledger),
    )


def same_person(db: Connection, recipient: int) -> list[int]:
    """Return the other recipients who share this one's address: imported twice, written to once."""
    key = select(col(RecipientRow.address_key)).where(col(RecipientRow.number) == recipient).scalar_subquery()
    found = db.execute(
        select(col(RecipientRow.number))
        .where(col(RecipientRow.address_key) == key, col(RecipientRow.number) != recipient, col(RecipientRow.erased_at).is_(None))
        .order_by(col(RecipientRow.number))
    ).scalars()
    return [number for number in found if number is not None]


def save_choices(db: Connection, recipient: int, level: Level, daypart: str, topics: Iterable[str], now: datetime) -> None:
    """Write the profile's switches; consents go through the ledger (store.consents).

    No import changes the level after that, and senders look again at what they have claimed.
    """
    db.execute(
        update(RecipientRow)
        .where(col(RecipientRow.number) == recipient)
        .values(level=level.name, daypart=daypart, topics=",".join(topics), chosen_at=now)
    )
    bump_suppression_version(db)
