"""Recipients: who they are, and how an address or an id finds them."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import idna
from sqlalchemy import Connection, and_, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from composer.domain.tokens import keyed_id
from composer.store.consents import bump_suppression_version
from composer.store.engine import among
from composer.store.tables import RecipientRow
from composer.store.upsert import Touched, defaults, upsert


def draw_key(recipient_id: str) -> int:
    """Signed 64 bits that every random draw about this person starts from."""
    return int.from_bytes(hashlib.blake2b(recipient_id.encode(), digest_size=8).digest(), "big", signed=True)


def normal_address(address: str) -> str:
    """The spelling under which one mailbox is one: NFC, lower case, domain as A-label (RFC 5890).

    Dots and tags before the @ stay: hosts that ignore them are few, and a wrong match would silence a person.
    """
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = domain.lower()
    return f"{local.casefold()}@{domain.lower()}"


def address_key(key: bytes, address: str) -> str:
    """The keyed hash of the normalised address: finds the same person twice, and outlives erasure."""
    return keyed_id(key, "address", normal_address(address))


def find_recipients(db: Connection, word: str) -> list[int]:
    """Row numbers of everybody with this recipient_id or address; the id counts before the address."""
    number = col(RecipientRow.number)
    living = col(RecipientRow.erased_at).is_(None)
    by_id = db.execute(select(number).where(col(RecipientRow.recipient_id) == word, living)).scalars().all()
    if by_id or "@" not in word:
        return [int(n) for n in by_id if n is not None]
    address = func.lower(col(RecipientRow.address))
    spellings = {word.strip().lower(), normal_address(word)}
    found = db.execute(select(number).where(or_(*(address == s for s in sorted(spellings))), living).order_by(number)).scalars()
    return [int(n) for n in found if n is not None]


def find_recipient(db: Connection, word: str) -> int | None:
    """The row number of `word`, a recipient_id or an address; None where nobody has it. Of several the first."""
    found = find_recipients(db, word)
    return found[0] if found else None


def key_of(db: Connection, number: int) -> str:
    """The address key of a recipient: what suppressions hang on."""
    return db.execute(select(col(RecipientRow.address_key)).where(col(RecipientRow.number) == number)).scalar_one()


def known_recipients(db: Connection) -> dict[str, int]:
    """recipient_id -> row number of everybody; erased people are nobody."""
    query = select(col(RecipientRow.recipient_id), col(RecipientRow.number)).where(col(RecipientRow.erased_at).is_(None))
    return {recipient_id: int(number) for recipient_id, number in db.execute(query) if number is not None}


def save_recipients(db: Connection, key: bytes, rows: Sequence[Mapping[str, Any]], given: Sequence[str]) -> Touched:
    """Add or update people by recipient_id, setting the `given` columns (recipient_id and address among them).

    The level, the language and the address of somebody who has chosen for themselves stay as they chose.
    """
    whole = [
        {**_DEFAULTS, **row, "address_key": address_key(key, row["address"]), "draw_key": draw_key(row["recipient_id"])} for row in rows
    ]
    kept = {name: col(RecipientRow.kept).contains(name) for name in ("language", "address")}
    keep = {"level": col(RecipientRow.chosen_at).is_not(None), **kept, "address_key": kept["address"]}
    touched = upsert(db, RecipientRow, whole, ["recipient_id"], [*given, "address_key"], keep)
    if touched.changed:
        bump_suppression_version(db)  # a level may be lower now, or an address another
    return touched


def first_at(db: Connection, key: str) -> int | None:
    """The row number of the first living recipient with this address key: the one whom letters go to."""
    theirs = col(RecipientRow.address_key) == key, col(RecipientRow.erased_at).is_(None)
    number: int | None = db.execute(select(func.min(col(RecipientRow.number))).where(*theirs)).scalar()
    return number


def arrive(db: Connection, key: bytes, recipient_id: str, address: str, language: str, now: datetime) -> int:
    """Add somebody who came by their own sign-up and return their row number."""
    row = {"recipient_id": recipient_id, "address": address, "language": language, "created_at": now}
    save_recipients(db, key, [row], list(row))
    return db.execute(select(col(RecipientRow.number)).where(col(RecipientRow.recipient_id) == recipient_id)).scalar_one() or 0


def welcome(db: Connection, number: int, language: str) -> None:
    """Write in which language somebody who signed up wants to read, and end their pause: they have asked for letters."""
    db.execute(update(RecipientRow).where(col(RecipientRow.number) == number).values(language=language, paused_until=None))


def sharing_an_address(db: Connection, ids: Sequence[str]) -> set[str]:
    """Those of the recipient_ids whose address an earlier recipient has too: one letter goes to the first."""
    first = aliased(RecipientRow)
    query = (
        select(col(RecipientRow.recipient_id))
        .distinct()
        .join(first, and_(col(first.address_key) == col(RecipientRow.address_key), col(first.number) < col(RecipientRow.number)))
        .where(among(db, col(RecipientRow.recipient_id), ids), col(first.erased_at).is_(None))
    )
    return set(db.execute(query).scalars())


_DEFAULTS = defaults(RecipientRow)
