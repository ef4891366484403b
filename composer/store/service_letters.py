"""Service letters in the database: asked for, found again by their link, marked as answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from composer.domain.outcome import OutboxState
from composer.domain.service_letter import Kind, ServiceLetter
from composer.store.engine import insert_into
from composer.store.service_letter_row import ServiceLetterRow

_TABLE = ServiceLetterRow.__table__  # type: ignore[attr-defined]


def add(
    db: Connection,
    *,
    kind: Kind,
    message_id: str,
    recipient: int | None,
    address: str,
    address_key: str,
    language: str,
    values: Mapping[str, str],
    asked_at: datetime,
    expires_at: datetime | None,
    mailbox_key: str = "",
    client_key: str = "",
) -> int | None:
    """Add a letter that is due at once; return its row number, or None where the very same one (`message_id`) is there already."""
    row = {
        "kind": kind.value,
        "message_id": message_id,
        "recipient": recipient,
        "address": address,
        "address_key": address_key,
        "mailbox_key": mailbox_key,
        "client_key": client_key,
        "language": language,
        "details": json.dumps(dict(values), ensure_ascii=False),
        "asked_at": asked_at,
        "expires_at": expires_at,
        "state": OutboxState.planned.value,
        "due_at": asked_at,
    }
    insert = insert_into(db, ServiceLetterRow).values(row).on_conflict_do_nothing(index_elements=["message_id"])
    number: int | None = db.execute(insert.returning(_TABLE.c.number)).scalar()
    return number


def find(db: Connection, number: int) -> ServiceLetter | None:
    """Return a letter by its row number; None where there is none (any more)."""
    row = db.execute(select(*COLUMNS).where(_TABLE.c.number == number)).first()
    return letter_of(row) if row else None


def mark_done(db: Connection, number: int, now: datetime) -> bool:
    """Note that the letter's button was pressed; False where it was before."""
    return bool(db.execute(update(_TABLE).where(_TABLE.c.number == number, _TABLE.c.done_at.is_(None)).values(done_at=now)).rowcount)


def take_back(db: Connection, recipient: int, kind: Kind) -> int:
    """Delete a person's unanswered letters of one kind: only the last one asked for counts. Return how many there were."""
    asked = _TABLE.c.recipient == recipient, _TABLE.c.kind == kind.value, _TABLE.c.done_at.is_(None)
    return db.execute(delete(_TABLE).where(*asked)).rowcount


ASKING = 0x61736B73
"""PostgreSQL's advisory lock under which it is judged whether somebody may be asked: "asks" in ASCII."""


def lock_asking(db: Connection) -> None:
    """Let nobody else judge whether somebody may be asked until this transaction ends: fifty forms at once cause one mail."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(ASKING)))


def asked_since(db: Connection, mailbox_key: str, moment: datetime) -> tuple[int, datetime | None]:
    """How many letters with a button a mailbox was sent after `moment`, and when the last one was asked for."""
    row = db.execute(
        select(func.count(), func.max(_TABLE.c.asked_at)).where(
            _TABLE.c.mailbox_key == mailbox_key, _TABLE.c.mailbox_key != "", _TABLE.c.asked_at > moment
        )
    ).one()
    return int(row[0]), row[1]


def caused_since(db: Connection, client_key: str, moment: datetime) -> int:
    """How many letters a client has caused after `moment`."""
    theirs = _TABLE.c.client_key == client_key, _TABLE.c.client_key != "", _TABLE.c.asked_at > moment
    return int(db.execute(select(func.count()).where(*theirs)).scalar_one())


def forget_clients(db: Connection, moment: datetime) -> int:
    """Empty who asked for letters before `moment`."""
    old = _TABLE.c.client_key != "", _TABLE.c.asked_at < moment
    return db.execute(update(_TABLE).where(*old).values(client_key="")).rowcount


def answer(db: Connection, number: int, recipient: int, now: datetime) -> bool:
    """Note that the button was pressed and who the person is by now; False where it was pressed before."""
    theirs = update(_TABLE).where(_TABLE.c.number == number, _TABLE.c.done_at.is_(None))
    return bool(db.execute(theirs.values(done_at=now, recipient=recipient)).rowcount)


def asked_for(db: Connection, recipient: int, kind: Kind, moment: datetime) -> int:
    """How many letters of one kind were queued about a person after `moment`."""
    theirs = _TABLE.c.recipient == recipient, _TABLE.c.kind == kind.value, _TABLE.c.asked_at > moment
    return int(db.execute(select(func.count()).where(*theirs)).scalar_one())


def end_asking(db: Connection, recipient: int, kind: Kind, now: datetime) -> None:
    """Let the links of a person's unanswered letters of one kind run out: only the one asked for last counts.

    The rows stay: how often somebody was written to is counted by them.
    """
    asked = _TABLE.c.recipient == recipient, _TABLE.c.kind == kind.value, _TABLE.c.done_at.is_(None), _TABLE.c.expires_at > now
    db.execute(update(_TABLE).where(*asked).values(expires_at=now))


COLUMNS = (
    _TABLE.c.number,
    _TABLE.c.kind,
    _TABLE.c.message_id,
    _TABLE.c.recipient,
    _TABLE.c.address,
    _TABLE.c.language,
    _TABLE.c.details,
    _TABLE.c.asked_at,
    _TABLE.c.expires_at,
    _TABLE.c.done_at,
)


def letter_of(row: Any) -> ServiceLetter:
    """Read the COLUMNS of a row, whatever else it holds."""
    return ServiceLetter(
        row.number,
        Kind(row.kind),
        row.message_id,
        row.recipient,
        row.address,
        row.language,
        json.loads(row.details),
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        done_at=row.done_at,
    )
