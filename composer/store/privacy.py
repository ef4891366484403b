"""Everything held about one person, handed out or forgotten.

A table with a `recipient` column must stand in FORGET; tests/store/test_privacy.py fails until it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, cast, delete, literal, or_, select, update
from sqlalchemy.types import Text
from sqlmodel import SQLModel, col

from composer.domain.event import OWN_ID
from composer.domain.forecast import describe_forecast, load_axes
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Skip
from composer.store import service_letters
from composer.store.consents import is_suppressed, suppress
from composer.store.mail_hosts import forget_domain
from composer.store.outbox import AT_REST
from composer.store.recipients import address_key
from composer.store.tables import (
    CampaignRow,
    ConsentLedgerRow,
    EditionRow,
    EventRow,
    ImpressionRow,
    MailRow,
    OrderRow,
    OutboxRow,
    ProductRow,
    RecipientRow,
    ServiceLetterRow,
    SuppressionRow,
)

ERASURE = "erasure"
FORGET: Mapping[type[SQLModel], str] = {
    ConsentLedgerRow: "deleted",
    OrderRow: "deleted",
    EventRow: "deleted, but for what became of our own letters: that is kept without its value",
    OutboxRow: "kept for the counts, without decision and forecast; letters still waiting are skipped",
    MailRow: "deleted, with what came from the same address before its writer was known",
    ServiceLetterRow: "deleted, with what was asked for from the same address",
    ImpressionRow: "kept for the exploration log, without the signals and the stage that the call was for",
}
"""Table -> what erasure does to a person's rows. Export hands all of them out."""


def export(db: Connection, number: int) -> dict[str, Any]:
    """Return everything held about a recipient, with names in place of row numbers; the same data give the same document."""
    person = _rows(db, RecipientRow, col(RecipientRow.number) == number)[0]
    document: dict[str, Any] = {"recipient": {name: value for name, value in person.items() if name not in ("number", "draw_key")}}
    for table in FORGET:
        columns: Any = table
        rows = _rows(db, table, columns.recipient == number)
        document[str(table.__tablename__)] = [_readable(db, row) for row in rows]
    kept = _rows(db, SuppressionRow, col(SuppressionRow.address_key) == person["address_key"])
    document["suppressions"] = [{name: value for name, value in row.items() if name != "number"} for row in kept]
    return document


def erase(db: Connection, number: int, key: bytes, now: datetime) -> None:
    """Forget a recipient: an anonymous row stays so that counts add up, and the address is suppressed by its keyed hash.

    Erasing somebody erased changes nothing.
    """
    person = db.execute(select(col(RecipientRow.address), col(RecipientRow.erased_at)).where(col(RecipientRow.number) == number)).one()
    if person.erased_at is not None:
        return
    for table in (ConsentLedgerRow, OrderRow):
        db.execute(delete(table).where(col(table.recipient) == number))
    theirs = address_key(key, person.address)
    forget_domain(db, person.address.rpartition("@")[2])
    db.execute(delete(MailRow).where(or_(col(MailRow.recipient) == number, col(MailRow.sender_key) == theirs)))
    service_letters.forget(db, number, theirs)
    db.execute(delete(EventRow).where(col(EventRow.recipient) == number, col(EventRow.outbox).is_(None)))
    anonymous = literal(f"{OWN_ID}erased-") + cast(col(EventRow.number), Text)
    db.execute(update(EventRow).where(col(EventRow.recipient) == number).values(event_id=anonymous, value=""))
    db.execute(
        update(OutboxRow)
        .where(col(OutboxRow.recipient) == number, col(OutboxRow.state).in_(AT_REST))
        .values(state=OutboxState.skipped.value, reason=Skip.erased.value)
    )
    db.execute(update(OutboxRow).where(col(OutboxRow.recipient) == number).values(decision="", forecast=None))
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
    suppress(db, theirs, ERASURE, now)


def address_is_suppressed(db: Connection, key: bytes, address: str) -> bool:
    """Tell whether an address is never written to, also where nobody has it any more."""
    return bool(is_suppressed(db, [address_key(key, address)]))


def _rows(db: Connection, table: type[SQLModel], where: Any) -> list[dict[str, Any]]:
    rows: Any = table.__table__  # type: ignore[attr-defined]
    order = rows.c.number
    return [dict(row) for row in db.execute(select(rows).where(where).order_by(order)).mappings()]


def _readable(db: Connection, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without our numbers: products, letters and editions by the names people know them by."""
    shown = {name: value for name, value in row.items() if name not in ("number", "recipient")}
    for column in shown.keys() & _NAMES.keys():
        shown[column] = db.execute(_NAMES[column], {"number": shown[column]}).scalar()
    if "edition" in shown:
        edition = db.execute(
            select(col(CampaignRow.name), col(EditionRow.scheduled), col(EditionRow.axes))
            .join(EditionRow, col(EditionRow.campaign) == col(CampaignRow.number))
            .where(col(EditionRow.number) == shown.pop("edition"))
        ).one()
        shown = {"campaign": edition.name, "scheduled": edition.scheduled, **shown}
        shown["forecast"] = describe_forecast(shown["forecast"], load_axes(edition.axes)) if shown["forecast"] else None
    for column in shown.keys() & {"decision", "signals"}:
        shown[column] = json.loads(shown[column]) if shown[column] else None
    return shown


_NAMES = {
    "product": select(col(ProductRow.product_id)).where(col(ProductRow.number) == bindparam("number")),
    "outbox": select(col(OutboxRow.message_id)).where(col(OutboxRow.number) == bindparam("number")),
}
