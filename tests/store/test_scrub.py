"""Traces in SQLite's files: what secure_delete leaves behind is found and goes; the law holds for crowds, not only for one row."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlmodel import col

from composer.store.engine import reading, writing
from composer.store.marks import get_mark
from composer.store.privacy import erase, traces_of
from composer.store.recipients import draw_key, save_recipients
from composer.store.scrub import DUE, files_of, found_in, scrub, scrub_all
from composer.store.tables import EventRow, RecipientRow

from ._people import DAY, KEY, NOW

CROWD, GONE = 1500, 60


def chance(*words: object) -> int:
    """A number that depends on the words alone."""
    return int.from_bytes(blake2b(repr(words).encode(), digest_size=6).digest())


def shuffled(numbers: Iterable[int], seed: int) -> list[int]:
    return sorted(numbers, key=lambda number: chance(seed, number))


def crowd(engine: Engine, seed: int) -> None:
    """People with events, saved in a random order and grown since: pages of the file are split and put in balance again and again."""
    people = shuffled(range(CROWD), seed)
    for start in range(0, CROWD, 250):
        rows = [
            {"recipient_id": f"cust-{i:05d}-x", "address": f"person{i:05d}@example.com", "last_name": "n" * (chance(seed, i, "name") % 60)}
            for i in people[start : start + 250]
        ]
        with writing(engine) as db:
            save_recipients(db, KEY, rows, list(rows[0]))
    with writing(engine) as db:
        for number in shuffled(range(1, CROWD + 1), seed)[: CROWD // 2]:
            grown = "m" * (chance(seed, number, "company") % 400)
            db.execute(update(RecipientRow).where(col(RecipientRow.number) == number).values(company=grown))
        blank = {"kind": "view", "occurred_at": NOW - DAY, "module": ""}
        events = [
            {"event_id": f"event-{i:05d}-y", "recipient": i % CROWD + 1, "value": "v" * (chance(seed, i, "value") % 300), **blank}
            for i in shuffled(range(3 * CROWD), seed)
        ]
        db.execute(insert(EventRow), events)


@pytest.mark.parametrize("seed", [1, 3])
def test_nothing_of_a_crowd_that_was_erased_is_left_in_any_file(sqlite_engine: Engine, seed: int) -> None:
    crowd(sqlite_engine, seed)
    chosen = shuffled(range(1, CROWD + 1), seed + 100)[:GONE]
    words: list[str] = []
    with writing(sqlite_engine) as db:
        for number in chosen:
            words += traces_of(db, number)
            words += db.execute(select(col(RecipientRow.recipient_id)).where(col(RecipientRow.number) == number)).scalars()
            erase(db, number, KEY, NOW)
    assert len(words) > 4 * GONE
    assert scrub(sqlite_engine, words, NOW)
    assert not found_in(files_of(sqlite_engine), [word.encode() for word in words])


def test_a_word_that_is_left_makes_the_file_be_written_anew(sqlite_engine: Engine) -> None:
    """SQLite leaves copies behind where pages were rebalanced: here one is planted into the free room of the file's last page."""
    crowd(sqlite_engine, 1)
    with sqlite_engine.connect() as db:
        db.exec_driver_sql("PRAGMA secure_delete = OFF")
        db.rollback()
    with writing(sqlite_engine) as db:
        db.execute(insert(RecipientRow).values(recipient_id="planted-word", address="", address_key="", draw_key=draw_key("x")))
    with sqlite_engine.connect() as db:
        db.exec_driver_sql("DELETE FROM recipients WHERE recipient_id = 'planted-word'")
        db.commit()
        db.exec_driver_sql("PRAGMA secure_delete = ON")
    assert found_in(files_of(sqlite_engine), [b"planted-word"])
    assert scrub(sqlite_engine, ["planted-word"], NOW)
    assert not found_in(files_of(sqlite_engine), [b"planted-word"])
    with reading(sqlite_engine) as db:
        assert not get_mark(db, DUE), "and nothing is left to do"


def test_while_somebody_reads_the_log_stays_and_it_is_told(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.store.scrub.PATIENCE_SECONDS", 0.01)
    crowd(sqlite_engine, 1)
    with reading(sqlite_engine) as other:
        other.execute(select(col(RecipientRow.number)).limit(1)).all()
        with writing(sqlite_engine) as db:
            erase(db, 1, KEY, NOW)
        assert not scrub(sqlite_engine, ["person"], NOW)
    with reading(sqlite_engine) as db:
        assert get_mark(db, DUE) == NOW.isoformat()
    assert scrub_all(sqlite_engine)
    with reading(sqlite_engine) as db:
        assert not get_mark(db, DUE)


def test_words_are_found_where_two_megabytes_meet(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"." * ((1 << 20) - 3) + b"needle" + b"." * 10)
    assert found_in([file], [b"needle"])
    assert not found_in([file], [b"needles"])
    assert not found_in([file], [])


def test_of_postgresql_nothing_is_promised(postgres_engine: Engine) -> None:
    assert scrub(postgres_engine, ["x"], NOW) is False
