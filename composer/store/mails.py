"""Kept mails: replies and what was not understood, for a person to read, until their time is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlmodel import col

from composer.store.engine import insert_into
from composer.store.mail_row import MailRow
from composer.store.recipients import address_key
from composer.store.tables import RecipientRow

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
LONGEST_ADDRESS = 320
MOST_OF_STRANGERS = 5_000
"""Anybody can write to the address that reports come to: of mails by nobody we know only the newest are kept."""


def keep(
    db: Connection,
    key: bytes,
    *,
    mail_id: str,
    kind: str,
    received_at: datetime,
    sender: str = "",
    recipient: int | None = None,
    subject: str = "",
    text: str = "",
) -> bool:
    """Keep a mail for a person to read; False where it is kept already (`mail_id`). What is too long is cut.

    `key` is the app's. Where `recipient` is None the living recipient with the sender's address is taken, if there is one.
    """
    sender = _clean(sender, LONGEST_ADDRESS)
    hashed = address_key(key, sender) if "@" in sender else ""
    if recipient is None and hashed:
        known = select(func.min(col(RecipientRow.number))).where(
            col(RecipientRow.address_key) == hashed, col(RecipientRow.erased_at).is_(None)
        )
        recipient = db.execute(known).scalar()
    values = {
        "mail_id": mail_id,
        "recipient": recipient,
        "sender": sender,
        "sender_key": hashed,
        "kind": kind,
        "subject": _clean(subject, LONGEST_SUBJECT),
        "text": _clean(text, LONGEST_TEXT),
        "received_at": received_at,
    }
    new = bool(db.execute(insert_into(db, MailRow).values(values).on_conflict_do_nothing(index_elements=["mail_id"])).rowcount)
    if new and recipient is None:
        _forget_strangers(db)
    return new


def _forget_strangers(db: Connection) -> None:
    number, by_a_stranger = col(MailRow.number), col(MailRow.recipient).is_(None)
    too_old = select(number).where(by_a_stranger).order_by(number.desc()).offset(MOST_OF_STRANGERS).limit(1).scalar_subquery()
    db.execute(delete(MailRow).where(by_a_stranger, number <= too_old))


def list_mails(db: Connection, *, done: bool = False, limit: int = 1000) -> Sequence[Row[Any]]:
    """number, kind, recipient (recipient_id), sender, subject, received_at, seen_at; oldest first. `done` also lists those done with."""
    query = _query().order_by(col(MailRow.received_at), col(MailRow.number)).limit(limit)
    return db.execute(query if done else query.where(col(MailRow.seen_at).is_(None))).all()


def find_mail(db: Connection, number: int) -> Row[Any] | None:
    """The columns of list_mails and the text."""
    return db.execute(_query().add_columns(col(MailRow.text)).where(col(MailRow.number) == number)).first()


def _query() -> Any:
    return select(
        col(MailRow.number),
        col(MailRow.kind),
        col(RecipientRow.recipient_id).label("recipient"),
        col(MailRow.sender),
        col(MailRow.subject),
        col(MailRow.received_at),
        col(MailRow.seen_at),
    ).outerjoin(RecipientRow, col(RecipientRow.number) == col(MailRow.recipient))


def mark_seen(db: Connection, numbers: Sequence[int] | None, now: datetime) -> int:
    """Mark mails (None: all) as done with; return how many were not yet."""
    waiting = update(MailRow).where(col(MailRow.seen_at).is_(None)).values(seen_at=now)
    return db.execute(waiting if numbers is None else waiting.where(col(MailRow.number).in_(list(numbers)))).rowcount


def delete_mails(db: Connection, numbers: Sequence[int]) -> int:
    """Delete mails; return how many there were."""
    return db.execute(delete(MailRow).where(col(MailRow.number).in_(list(numbers)))).rowcount


def delete_mails_before(db: Connection, moment: datetime) -> int:
    """Delete what came before `moment`, read or not."""
    return db.execute(delete(MailRow).where(col(MailRow.received_at) < moment)).rowcount


def count_waiting(db: Connection) -> dict[str, int]:
    """Kind -> mails that nobody has done with."""
    query = select(col(MailRow.kind), func.count()).where(col(MailRow.seen_at).is_(None)).group_by(col(MailRow.kind))
    return {str(kind): int(count) for kind, count in db.execute(query.order_by(col(MailRow.kind)))}


def _clean(text: str, longest: int) -> str:
    """Cut, and without what a database refuses: NUL (PostgreSQL) and lone surrogates."""
    return text[: longest * 4].replace("\0", "").encode("utf-8", "replace").decode()[:longest]
