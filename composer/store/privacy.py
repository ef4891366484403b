"""Everything held about one person, handed out or forgotten.

Every table stands in FORGET or in APART; tests/store/test_privacy.py fails until it does. What is DELETED needs one line
here and nothing else: by its `recipient`, and where nobody is named there by the address's hash (`address_key`, `sender_key`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, cast, delete, false, func, literal, or_, select, update
from sqlalchemy.types import Text
from sqlmodel import SQLModel, col

from composer.domain.event import OWN_ID
from composer.domain.forecast import describe_forecast, load_axes
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Skip
from composer.store.consents import is_suppressed, suppress
from composer.store.mail_hosts import forget_domain
from composer.store.outbox import AT_REST
from composer.store.recipients import address_key
from composer.store.tables import (
    AnswerRow,
    AskedRow,
    BackupRow,
    BeliefRow,
    BeliefVersionRow,
    CampaignRow,
    ConditionRow,
    ConsentLedgerRow,
    EditionRow,
    EventRow,
    EventTotalRow,
    ImpressionRow,
    LetterheadRow,
    LibraryVersionRow,
    MailHostRow,
    MailRow,
    MarkRow,
    ObservationRow,
    OrderRow,
    OutboxRow,
    PictureRow,
    ProductRow,
    ProviderRow,
    RecipientRow,
    ServiceLetterRow,
    SuppressionRow,
)

ERASURE = "erasure"
NOBODY = "(somebody erased)"
MOST_TRACES = 200
AS_JSON = frozenset({"decision", "signals", "about", "details"})
"""Columns that hold a JSON document: it is handed out as what it says, and not as a text."""
LEAST_TRACE = 6
"""Shorter words are found by chance."""
DELETED = "deleted"
FORGET: Mapping[type[SQLModel], str] = {
    ConsentLedgerRow: DELETED,
    OrderRow: DELETED,
    AskedRow: DELETED,
    AnswerRow: DELETED,
    ObservationRow: DELETED,
    EventRow: "deleted, but for what became of our own letters: that is kept without its value",
    OutboxRow: "kept for the counts, without decision and forecast; letters still waiting are skipped",
    MailRow: DELETED,
    ServiceLetterRow: DELETED,
    ImpressionRow: "kept for the exploration log, without the signals and the stage that the call was for",
}
"""Table -> what erasure does to a person's rows. Export hands all of them out."""
APART: Mapping[type[SQLModel], str] = {
    RecipientRow: "the person: blanked and kept as a tombstone, for the counts",
    SuppressionRow: "the keyed hash of an address and why it is not written to: handed out, and kept",
    MailHostRow: "a domain, deleted with the person who may be its only one",
    CampaignRow: "an operator's intent: names nobody",
    EditionRow: "an issue of a campaign: names nobody",
    ConditionRow: "what holds in a region: names nobody",
    ProductRow: "a product",
    LibraryVersionRow: "source files of the library",
    LetterheadRow: "what letters said of their sender",
    PictureRow: "pictures of the library",
    BeliefRow: "sums over many people (learn)",
    BeliefVersionRow: "sums over many people (learn)",
    ProviderRow: "what is remembered of a mail provider",
    MarkRow: "facts about the installation",
    BackupRow: "where backups lie: pipeline.backups erases in them",
    EventTotalRow: "counts of events that are deleted",
}
"""The other tables -> what they hold. Nothing in them is of one person, but for the first three, which erasure knows by name."""


def export(db: Connection, number: int) -> dict[str, Any]:
    """Return everything held about a recipient, with names in place of row numbers; the same data give the same document."""
    person = _rows(db, RecipientRow, col(RecipientRow.number) == number)[0]
    document: dict[str, Any] = {"recipient": {name: value for name, value in person.items() if name not in ("number", "draw_key")}}
    names: dict[tuple[str, Any], Any] = {}
    keys = address_keys(db, number)
    for table in FORGET:
        rows = _rows(db, table, _theirs(table, number, keys))
        document[str(table.__tablename__)] = [_readable(db, row, names) for row in rows]
    kept = _rows(db, SuppressionRow, col(SuppressionRow.address_key).in_(keys))
    document["suppressions"] = [{name: value for name, value in row.items() if name != "number"} for row in kept]
    return document


def erase(db: Connection, number: int, key: bytes, now: datetime) -> None:
    """Forget a recipient: an anonymous row stays so that counts add up, and the address is suppressed by its keyed hash.

    Erasing somebody erased changes nothing.
    """
    person = db.execute(select(col(RecipientRow.address), col(RecipientRow.erased_at)).where(col(RecipientRow.number) == number)).one()
    if person.erased_at is not None:
        return
    theirs = [address_key(key, person.address), *address_keys(db, number)]
    for table, fate in FORGET.items():
        if fate == DELETED:
            db.execute(delete(table).where(_theirs(table, number, theirs)))
    forget_domain(db, person.address.rpartition("@")[2])
    _forget_mentions(db, person.address)
    db.execute(delete(EventRow).where(col(EventRow.recipient) == number, col(EventRow.outbox).is_(None)))
    anonymous = literal(f"{OWN_ID}erased-") + cast(col(EventRow.number), Text)
    db.execute(update(EventRow).where(col(EventRow.recipient) == number).values(event_id=anonymous, value=""))
    db.execute(
        update(OutboxRow)
        .where(col(OutboxRow.recipient) == number, col(OutboxRow.state).in_(AT_REST))
        .values(state=OutboxState.skipped.value, reason=Skip.erased.value)
    )
    db.execute(update(OutboxRow).where(col(OutboxRow.recipient) == number).values(decision="", forecast=None, digest=""))
    db.execute(update(ImpressionRow).where(col(ImpressionRow.recipient) == number).values(signals="{}", call=""))
    blank = {name: field.default for name, field in RecipientRow.model_fields.items() if name not in ("number", "recipient_id")}
    db.execute(
        update(RecipientRow)
        .where(col(RecipientRow.number) == number)
        .values(
            {
                **blank,
                "recipient_id": f"{OWN_ID}erased-{number}",
                "address": "",
                "address_key": "",
                "draw_key": 0,
                "level": "none",
                "erased_at": now,
            }
        )
    )
    for one in dict.fromkeys(theirs):
        suppress(db, one, ERASURE, now)


def address_keys(db: Connection, number: int) -> list[str]:
    """The hashes of a recipient's address and of those they had before (the ledger names them) that nobody else has now.

    A backup knows the person by an earlier address, and so may the next import.
    """
    now = db.execute(select(col(RecipientRow.address_key)).where(col(RecipientRow.number) == number)).scalar_one()
    others = select(col(RecipientRow.address_key)).where(col(RecipientRow.number) != number, col(RecipientRow.erased_at).is_(None))
    earlier = select(col(ConsentLedgerRow.address_key)).where(
        col(ConsentLedgerRow.recipient) == number, col(ConsentLedgerRow.address_key).not_in(others)
    )
    return [key for key in dict.fromkeys([now, *db.execute(earlier).scalars()]) if key]


def _theirs(table: type[SQLModel], number: int, theirs: Collection[str]) -> ColumnElement[bool]:
    """SQL: a row of `table` is about the recipient: by number, or by the hash of an address of theirs where the row names nobody."""
    columns: Any = table.__table__.c  # type: ignore[attr-defined]
    keys = [columns[name] for name in ("address_key", "sender_key") if name in columns]
    by_address: ColumnElement[bool] = or_(false(), *(column.in_(list(theirs)) for column in keys))
    if "recipient" not in columns:
        return by_address
    return or_(columns.recipient == number, and_(columns.recipient.is_(None), by_address))


def _forget_mentions(db: Connection, address: str) -> None:
    """Take the address out of what others wrote: "please write to ann@example.com as well"."""
    columns = (col(MailRow.sender), col(MailRow.subject), col(MailRow.text))
    named = or_(*(func.lower(column).contains(address.lower(), autoescape=True) for column in columns))
    anywhere = re.compile(re.escape(address), re.IGNORECASE)
    for row in db.execute(select(col(MailRow.number), *columns).where(named)).all():
        clean = {name: anywhere.sub(NOBODY, getattr(row, name)) for name in ("sender", "subject", "text")}
        db.execute(update(MailRow).where(col(MailRow.number) == row.number).values(**clean))


def traces_of(db: Connection, number: int) -> list[str]:
    """Words of a person's rows that nobody else's hold: what no file may hold after erasure (store.scrub)."""
    words = {db.execute(select(col(RecipientRow.address)).where(col(RecipientRow.number) == number)).scalar_one()}
    for column, owner in (
        (OrderRow.order_id, OrderRow.recipient),
        (EventRow.event_id, EventRow.recipient),
        (MailRow.mail_id, MailRow.recipient),
    ):
        words |= set(db.execute(select(col(column)).where(col(owner) == number).limit(MOST_TRACES)).scalars())
    return sorted(word for word in words if len(word) >= LEAST_TRACE and not word.startswith(OWN_ID))


def same_address(db: Connection, number: int) -> list[int]:
    """Row numbers of a living recipient and of everybody else with the same address; empty where there is none (any more)."""
    key = select(col(RecipientRow.address_key)).where(col(RecipientRow.number) == number).scalar_subquery()
    living = select(col(RecipientRow.number)).where(col(RecipientRow.address_key) == key, col(RecipientRow.erased_at).is_(None))
    return [int(found) for found in db.execute(living.order_by(col(RecipientRow.number))).scalars() if found is not None]


def address_is_suppressed(db: Connection, key: bytes, address: str) -> bool:
    """Tell whether an address is never written to, also where nobody has it any more."""
    return bool(is_suppressed(db, [address_key(key, address)]))


def _rows(db: Connection, table: type[SQLModel], where: Any) -> list[dict[str, Any]]:
    rows: Any = table.__table__  # type: ignore[attr-defined]
    order = rows.c.number
    return [dict(row) for row in db.execute(select(rows).where(where).order_by(order)).mappings()]


def _readable(db: Connection, row: Mapping[str, Any], names: dict[tuple[str, Any], Any]) -> dict[str, Any]:
    """The row without our numbers: products, letters and editions by the names people know them by, each looked up once."""
    shown = {name: value for name, value in row.items() if name not in ("number", "recipient")}
    for column in shown.keys() & _NAMES.keys():
        shown[column] = _named(db, column, shown[column], names)
    if "edition" in shown:
        edition = _named(db, "edition", shown.pop("edition"), names)
        shown = {"campaign": edition.name, "scheduled": edition.scheduled, **shown}
        shown["forecast"] = describe_forecast(shown["forecast"], load_axes(edition.axes)) if shown["forecast"] else None
    for column in shown.keys() & AS_JSON:
        shown[column] = json.loads(shown[column]) if shown[column] else None
    return shown


def _named(db: Connection, column: str, number: Any, names: dict[tuple[str, Any], Any]) -> Any:
    if (column, number) not in names:
        found = db.execute(_EDITION if column == "edition" else _NAMES[column], {"number": number})
        names[column, number] = found.one() if column == "edition" else found.scalar()
    return names[column, number]


_NAMES = {
    "product": select(col(ProductRow.product_id)).where(col(ProductRow.number) == bindparam("number")),
    "outbox": select(col(OutboxRow.message_id)).where(col(OutboxRow.number) == bindparam("number")),
}
_EDITION = (
    select(col(CampaignRow.name), col(EditionRow.scheduled), col(EditionRow.axes))
    .join(EditionRow, col(EditionRow.campaign) == col(CampaignRow.number))
    .where(col(EditionRow.number) == bindparam("number"))
)
