"""What people have demanded: objection to letters, and restriction of what is done with their data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlmodel import col

from composer.domain.consent import OBJECTION
from composer.domain.level import Level
from composer.store.consents import bump_suppression_version
from composer.store.engine import among
from composer.store.tables import RecipientRow, SuppressionRow


def objects_to_letters(db: Connection, key: str) -> bool:
    """Whether somebody with this address key objected to letters as such, and has not asked for any since."""
    ours = (col(SuppressionRow.address_key) == key, col(SuppressionRow.reason) == OBJECTION, col(SuppressionRow.lifted_at).is_(None))
    return db.execute(select(col(SuppressionRow.number)).where(*ours)).first() is not None


def restricted_since(db: Connection, number: int) -> datetime | None:
    """Since when a recipient's data may be kept only."""
    return db.execute(select(col(RecipientRow.restricted_at)).where(col(RecipientRow.number) == number)).scalar()


def restricted(db: Connection, numbers: Sequence[int]) -> set[int]:
    """Those of the recipients whose data may be kept and not used."""
    number, since = col(RecipientRow.number), col(RecipientRow.restricted_at)
    return {int(one or 0) for one in db.execute(select(number).where(among(db, number, numbers), since.is_not(None))).scalars()}


def restrict(db: Connection, number: int, since: datetime | None) -> None:
    """Set or end a restriction; one that holds keeps its first time. Senders look again before their next letter."""
    changing = col(RecipientRow.restricted_at).is_(None) if since else col(RecipientRow.restricted_at).is_not(None)
    here = (col(RecipientRow.number) == number, col(RecipientRow.erased_at).is_(None), changing)
    if db.execute(update(RecipientRow).where(*here).values(restricted_at=since)).rowcount:
        bump_suppression_version(db)


def set_level(db: Connection, number: int, level: Level, now: datetime) -> None:
    """Choose a level for a person as they said, so that no import changes it; the other choices stay."""
    db.execute(update(RecipientRow).where(col(RecipientRow.number) == number).values(level=level.name, chosen_at=now))
    bump_suppression_version(db)
