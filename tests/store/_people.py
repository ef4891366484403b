"""A small world for store tests: two people, a product, a campaign, a sent letter with a click, a waiting one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from composer.domain.consent import ConsentRow, State
from composer.store.consents import append
from composer.store.recipients import address_key, save_recipients
from composer.store.tables import (
    AnswerRow,
    AskedRow,
    CampaignRow,
    EditionRow,
    EventRow,
    ImpressionRow,
    MailRow,
    ObservationRow,
    OrderRow,
    OutboxRow,
    ProductRow,
    ServiceLetterRow,
)
from composer.store.upsert import defaults

KEY = bytes(range(32))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def put(db: Connection, table: type[SQLModel], **values: Any) -> None:
    """Insert one row, defaults filled in."""
    db.execute(insert(table).values({**defaults(table), **values}))


def save(db: Connection, *rows: dict[str, Any]) -> None:
    """Save recipients; every field of the first row is given."""
    save_recipients(db, KEY, rows, list(rows[0]))


def grant(
    db: Connection, number: int, *purposes: str, state: State = State.granted, source: str = "import", at: datetime = NOW - DAY
) -> None:
    append(db, [(number, ConsentRow(purpose, state, source, at)) for purpose in purposes], at)


def world(db: Connection) -> None:
    """Recipient 1 (Ann) has everything, recipient 2 (Bo) little."""
    save(
        db,
        {
            "recipient_id": "customer-ann",
            "address": "ann.personal@example.com",
            "first_name": "Ann-Secret",
            "last_name": "Lastname-Secret",
            "company": "Company-Secret",
            "role": "role-secret",
            "region": "region-secret",
            "country": "FI",
            "stage": "use",
        },
        {"recipient_id": "bo", "address": "bo@example.com"},
    )
    grant(db, 1, "letters", "profiling", "clicks")
    grant(db, 2, "letters")
    put(db, ProductRow, number=1, product_id="P1", name="Coffee", category="coffee")
    put(db, OrderRow, order_id="order-secret", recipient=1, product=1, ordered_at=NOW - 3 * DAY, quantity=2.0)
    put(db, CampaignRow, number=1, name="weekly", created_at=NOW - 9 * DAY)
    put(db, AskedRow, recipient=1, module="wish-secret", ask="less", about='["category:interest-secret"]', asked_at=NOW - DAY)
    put(
        db,
        MailRow,
        mail_id="m1",
        recipient=1,
        sender="ann.personal@example.com",
        sender_key=address_key(KEY, "ann.personal@example.com"),
        kind="reply",
        subject="reply-secret",
        text="words-secret",
        received_at=NOW - DAY,
    )
    put(
        db,
        ServiceLetterRow,
        kind="change",
        message_id="<s@example.com>",
        recipient=1,
        address="other-secret@example.com",
        address_key=address_key(KEY, "other-secret@example.com"),
        details='{"note": "details-secret"}',
        asked_at=NOW - DAY,
        state="accepted",
    )
    put(db, EditionRow, number=1, campaign=1, scheduled=NOW - 7 * DAY, state="approved")
    put(db, EditionRow, number=2, campaign=1, scheduled=NOW, state="approved")
    put(
        db,
        OutboxRow,
        number=1,
        edition=1,
        recipient=1,
        state="accepted",
        message_id="<a@example.com>",
        attempts=1,
        frozen=True,
        decision='{"subject": "subject-secret"}',
        accepted_at=NOW - 7 * DAY,
    )
    put(
        db,
        OutboxRow,
        number=2,
        edition=2,
        recipient=1,
        state="planned",
        message_id="<b@example.com>",
        send_at=NOW,
        due_at=NOW,
        decision='{"subject": "subject-secret"}',
    )
    put(
        db,
        AnswerRow,
        outbox=1,
        recipient=1,
        position=1,
        module="tips/brew",
        answer="answer-secret",
        asked="improve",
        text="said-secret",
        language="en",
        answered_at=NOW - 6 * DAY,
    )
    put(
        db,
        ImpressionRow,
        outbox=1,
        recipient=1,
        module="tips/brew",
        variant="plain",
        position=1,
        source="ranked",
        score=0.5,
        probability=0.9,
        signals='{"signal-secret": 1.0}',
        shown_at=NOW - 7 * DAY,
    )
    put(db, EventRow, event_id="view-secret", recipient=1, kind="view", occurred_at=NOW - 2 * DAY, product=1, value="value-secret")
    put(
        db,
        EventRow,
        event_id="click-secret",
        recipient=1,
        kind="clicked",
        occurred_at=NOW - 6 * DAY,
        module="tips/brew",
        outbox=1,
        value="value-secret",
    )
    put(
        db,
        ObservationRow,
        recipient=1,
        outbox=1,
        kind="clicked",
        position=1,
        maker="person",
        signs="",
        times=1,
        first_at=NOW - DAY,
        last_at=NOW - DAY,
    )
