"""Recipients' own choices: the profile's switches and the ledger behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update
from sqlmodel import col

from composer.domain.choices import Choices
from composer.domain.level import Level
from composer.store.consents import bump_suppression_version
from composer.store.engine import among
from composer.store.tables import ConsentLedgerRow, RecipientRow


def choices_of(db: Connection, recipient: int) -> Choices | None:
    """Return what this person has chosen; None for a stranger and for somebody erased."""
    names = ("language", "level", "daypart", "topics", "reset_at", "frequency", "paused_until", "time_zone")
    columns = (col(getattr(RecipientRow, name)) for name in names)
    row = db.execute(select(*columns).where(col(RecipientRow.number) == recipient, col(RecipientRow.erased_at).is_(None))).first()
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
        reset_at=row.reset_at,
        frequency=row.frequency,
        paused_until=row.paused_until,
        time_zone=row.time_zone,
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


def save_reset(db: Connection, recipient: int, now: datetime) -> None:
    """Have what was learnt forgotten, for everyone behind the same address; where a clock stepped back the later time stands."""
    people = [recipient, *same_person(db, recipient)]
    earlier = or_(col(RecipientRow.reset_at).is_(None), col(RecipientRow.reset_at) < now)
    db.execute(update(RecipientRow).where(among(db, col(RecipientRow.number), people), earlier).values(reset_at=now))


def save_frequency(db: Connection, recipient: int, frequency: str) -> None:
    """Write how seldom letters are wanted (FREQUENCIES; empty: no wish), for everyone behind the same address: it counts their letters."""
    _save_for_address(db, recipient, {"frequency": frequency})


def save_pause(db: Connection, recipient: int, until: datetime | None) -> None:
    """Write until when no letter is wanted (None: the pause is over), for everyone behind the same address."""
    _save_for_address(db, recipient, {"paused_until": until})


def _save_for_address(db: Connection, recipient: int, values: Mapping[str, Any]) -> None:
    """Senders look again at what they have claimed."""
    people = [recipient, *same_person(db, recipient)]
    db.execute(update(RecipientRow).where(among(db, col(RecipientRow.number), people)).values(**values))
    bump_suppression_version(db)


def save_language(db: Connection, recipient: int, language: str) -> None:
    """Write the language a person chose (BCP 47); no import changes it after that."""
    db.execute(
        update(RecipientRow)
        .where(col(RecipientRow.number) == recipient)
        .values(language=language, kept=kept_with(db, recipient, "language"))
    )


def kept_with(db: Connection, recipient: int, column: str) -> str:
    """The columns no import changes, with one more."""
    kept = db.execute(select(col(RecipientRow.kept)).where(col(RecipientRow.number) == recipient)).scalar_one()
    return ",".join(sorted({*filter(None, kept.split(",")), column}))


def language_of(db: Connection, recipient: int) -> str:
    """The language somebody reads; empty where it is not known, or there is no such person (any more)."""
    return db.execute(select(col(RecipientRow.language)).where(col(RecipientRow.number) == recipient)).scalar() or ""
