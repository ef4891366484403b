"""Everything about a person is handed out, and nothing of it survives erasure."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, LargeBinary, String, func, inspect, select, text, update
from sqlmodel import AutoString, SQLModel, col

import composer.store.tables  # noqa: F401  # fills SQLModel.metadata
from composer.store.consents import is_suppressed, suppression_version
from composer.store.engine import reading, sqlite_file, writing
from composer.store.mails import keep, list_mails
from composer.store.privacy import APART, AS_JSON, FORGET, address_is_suppressed, erase, export
from composer.store.recipients import address_key, find_recipient
from composer.store.tables import OutboxRow, RecipientRow
from composer.store.types import Instant

from ._people import DAY, KEY, NOW, save, world

SECRETS = (
    "ann.personal",
    "Ann-Secret",
    "Lastname-Secret",
    "Company-Secret",
    "role-secret",
    "region-secret",
    "customer-ann",
    "order-secret",
    "subject-secret",
    "signal-secret",
    "view-secret",
    "click-secret",
    "value-secret",
    "reply-secret",
    "words-secret",
    "other-secret",
    "details-secret",
    "wish-secret",
    "answer-secret",
    "said-secret",
    "interest-secret",
)
KEPT = {
    "events": {"kind", "module"},
    "impressions": {"module", "variant", "source", "tone", "opening"},
    "outbox": {"state", "reason", "arm", "level", "message_id", "lease_owner"},
}
"""What erasure leaves of a row: what we did, and no word of the person's."""
PERSONAL = [table for table in SQLModel.metadata.sorted_tables if "recipient" in table.c]


@pytest.mark.parametrize("table", PERSONAL, ids=lambda table: table.name)
def test_every_table_with_a_recipient_is_known_to_export_and_erasure(table: object) -> None:
    assert table in [known.__table__ for known in FORGET]


@pytest.mark.parametrize("table", SQLModel.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_is_known_to_erasure_or_holds_nothing_of_one_person(table: Any) -> None:
    forgotten, apart = ([known.__table__ for known in each] for each in (FORGET, APART))  # type: ignore[attr-defined]
    assert (table in forgotten) != (table in apart)
    by_person = {"recipient", "address_key", "sender_key", "address"} & set(table.c.keys())
    assert not by_person or table in forgotten or table.name in ("recipients", "suppressions")


def test_the_walk_meets_every_link_to_recipients(engine: Engine) -> None:
    with reading(engine) as db:
        links = {
            name
            for name in inspect(db).get_table_names()
            for link in inspect(db).get_foreign_keys(name)
            if link["referred_table"] == "recipients"
        }
    assert links == {table.name for table in PERSONAL}


def dump(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with reading(engine) as db:
        return {table.name: [str(tuple(row)) for row in db.execute(select(table))] for table in SQLModel.metadata.sorted_tables}


def test_the_world_of_this_test_fills_every_personal_table(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
    assert all(dump(engine)[table.name] for table in PERSONAL)


def fill(db: Connection) -> dict[str, set[str]]:
    """A row of Ann's in every table about people, a secret in each of its texts: tables that are yet to come, too. Table -> secrets."""
    put_in: dict[str, set[str]] = {}
    for model in FORGET:
        table: Any = model.__table__  # type: ignore[attr-defined]
        row: dict[str, Any] = {}
        for column in table.c:
            if column.name == "number":
                row["number"] = 900
                continue
            secret = f"walk-{table.name}-{column.name}"
            if column.foreign_keys:
                row[column.name] = 1
            elif isinstance(column.type, Instant):
                row[column.name] = NOW - 5 * DAY
            elif column.name in AS_JSON:
                row[column.name] = json.dumps({"subject": secret, "blocks": []})
            elif isinstance(column.type, String | AutoString):
                row[column.name] = address_key(KEY, "ann.personal@example.com") if column.name.endswith("_key") else secret
            elif isinstance(column.type, LargeBinary):
                row[column.name] = None
            else:
                row[column.name] = 1
        if "position" in row:
            row["position"] = 9
        if table.name == "outbox":
            row |= {"edition": 2, "recipient": 2}
            row["recipient"] = db.execute(select(func.max(col(RecipientRow.number)))).scalar()
        db.execute(table.insert().values(row))
        put_in[table.name] = {value for value in map(str, row.values()) if "walk-" in value}
    return put_in


def test_the_walk_hands_out_every_text_of_every_table_and_erases_it(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        save(db, {"recipient_id": "ann-again", "address": "ann.personal@example.com"})
        put_in = fill(db)
        known = [find_recipient(db, "customer-ann"), find_recipient(db, "ann-again")]
        held = json.dumps([export(db, number or 0) for number in known], default=str)
        words = {re.sub(r".*(walk-[a-z_-]+).*", r"\1", text) for texts in put_in.values() for text in texts}
        assert len(words) > 3 * len(FORGET)
        assert sorted(word for word in words if word not in held) == []
        for number in known:
            erase(db, number or 0, KEY, NOW)
    left = {name: {word for word in words if word in " ".join(rows)} for name, rows in dump(engine).items()}
    kept = {table: {f"walk-{table}-{column}" for column in columns} for table, columns in KEPT.items()}
    assert {name: found for name, found in left.items() if found} == kept


def test_export_hands_out_everything_and_is_stable(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
    with reading(engine) as db:
        number = find_recipient(db, "customer-ann")
        assert number is not None
        first, second = (json.dumps(export(db, number), default=str) for _ in range(2))
    assert first == second
    assert [secret for secret in SECRETS if secret not in first] == []
    document = json.loads(first)
    assert {table.name for table in PERSONAL} < document.keys()
    assert document["orders"][0]["product"] == "P1"
    assert document["outbox"][0]["campaign"] == "weekly"
    assert document["impressions"][0]["outbox"] == "<a@example.com>"


def test_export_says_nothing_about_others(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        document = json.dumps(export(db, 2), default=str)
    assert [secret for secret in SECRETS if secret in document] == []


def test_erasure_leaves_no_trace_but_counts_and_a_keyed_hash(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        before = suppression_version(db)
    with writing(engine) as db:
        erase(db, 1, KEY, NOW)
    text_of = dump(engine)
    left = [(name, secret) for name, rows in text_of.items() for secret in SECRETS if secret in " ".join(rows)]
    assert left == []
    with reading(engine) as db:
        assert address_is_suppressed(db, KEY, "Ann.Personal@example.com")
        assert suppression_version(db) > before
        row = db.execute(select(RecipientRow).where(col(RecipientRow.number) == 1)).one()
        assert (row.recipient_id, row.address, row.address_key, row.draw_key, row.level) == ("composer:erased-1", "", "", 0, "none")
    assert (len(text_of["outbox"]), len(text_of["impressions"]), len(text_of["events"])) == (2, 1, 1)


def test_erasure_leaves_others_alone(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        before = export(db, 2)
        erase(db, 1, KEY, NOW)
        assert export(db, 2) == before


def test_what_somebody_wrote_before_they_were_known_is_forgotten_too(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        keep(db, KEY, mail_id="m2", kind="reply", received_at=NOW, sender="stranger@example.com", text="hello")
        keep(db, KEY, mail_id="m3", kind="reply", received_at=NOW, sender="other@example.com", text="hello")
        save(db, {"recipient_id": "late", "address": "Stranger@example.com"})
        erase(db, find_recipient(db, "late") or 0, KEY, NOW)
        assert [row.sender for row in list_mails(db)] == ["ann.personal@example.com", "other@example.com"]


def test_a_waiting_letter_of_somebody_erased_is_skipped(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        erase(db, 1, KEY, NOW)
        rows = db.execute(select(col(OutboxRow.state), col(OutboxRow.reason)).order_by(col(OutboxRow.number))).all()
    assert rows == [("accepted", ""), ("skipped", "erased")]


def test_erasing_twice_is_erasing_once(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        erase(db, 1, KEY, NOW)
    once = dump(engine)
    with writing(engine) as db:
        erase(db, 1, KEY, NOW)
    assert dump(engine) == once


def test_somebody_erased_who_comes_again_stays_suppressed(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        erase(db, 1, KEY, NOW)
        save(db, {"recipient_id": "customer-ann", "address": "ANN.personal@example.com"})
        number = find_recipient(db, "customer-ann")
        assert number is not None
        assert number != 1
        key = address_key(KEY, "ann.personal@example.com")
        assert is_suppressed(db, [key]) == {key}
        assert export(db, number)["suppressions"][0]["reason"] == "erasure"


def test_nothing_of_an_erased_person_is_left_in_the_file(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as db:
        world(db)
    with writing(sqlite_engine) as db:
        erase(db, 1, KEY, NOW)
    with sqlite_engine.connect() as db:
        db.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    raw = sqlite_file(sqlite_engine).read_bytes()
    assert [secret for secret in SECRETS if secret.encode() in raw] == []


def test_the_addresses_somebody_had_before_are_forgotten_and_suppressed_too(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        new = address_key(KEY, "ann.new@example.com")
        db.execute(update(RecipientRow).where(col(RecipientRow.number) == 1).values(address="ann.new@example.com", address_key=new))
        keep(db, KEY, mail_id="old", kind="reply", received_at=NOW, sender="Ann.Personal@example.com", text="hello")
        erase(db, 1, KEY, NOW)
        assert address_is_suppressed(db, KEY, "ann.new@example.com")
        assert address_is_suppressed(db, KEY, "ann.personal@example.com")
        assert list_mails(db, done=True) == []


def test_an_earlier_address_that_is_somebody_elses_now_is_left_to_them(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        new = address_key(KEY, "ann.new@example.com")
        db.execute(update(RecipientRow).where(col(RecipientRow.number) == 1).values(address="ann.new@example.com", address_key=new))
        save(db, {"recipient_id": "heir", "address": "ann.personal@example.com"})
        erase(db, 1, KEY, NOW)
        assert not address_is_suppressed(db, KEY, "ann.personal@example.com")
