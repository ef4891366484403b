"""The address of a person, read and changed by their own word."""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from sqlmodel import col

from composer.store.choices import kept_with
from composer.store.consents import bump_suppression_version
from composer.store.tables import RecipientRow


def lives(db: Connection, recipient: int) -> bool:
    """Tell whether there is such a person, not erased."""
    here = col(RecipientRow.number) == recipient, col(RecipientRow.erased_at).is_(None)
    return db.execute(select(col(RecipientRow.number)).where(*here)).first() is not None


def address_of(db: Connection, recipient: int) -> str:
    """Where a person's letters go."""
    return db.execute(select(col(RecipientRow.address)).where(col(RecipientRow.number) == recipient)).scalar_one()


def set_address(db: Connection, recipient: int, address: str, key: str) -> None:
    """Write where letters go from now on; no import changes it back. Senders look again at what they have claimed."""
    values = {"address": address, "address_key": key, "kept": kept_with(db, recipient, "address")}
    db.execute(update(RecipientRow).where(col(RecipientRow.number) == recipient).values(values))
    bump_suppression_version(db)
