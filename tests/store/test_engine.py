"""Transactions of both kinds, on both databases."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

import composer.store.engine as engine_module
from composer.errors import ComposerError, UsageError
from composer.store.engine import DatabaseTrouble, among, connect, reading, writing
from composer.store.marks import get_mark, set_mark
from composer.store.tables import MarkRow


def test_what_is_written_is_read_back(engine: Engine) -> None:
    with writing(engine) as db:
        set_mark(db, "a", "1")
        set_mark(db, "a", "2")
    with reading(engine) as db:
        assert get_mark(db, "a") == "2"
        assert get_mark(db, "b") is None


def test_an_exception_undoes_the_whole_writing(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as db:
            set_mark(db, "a", "1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with reading(engine) as db:
        assert get_mark(db, "a") is None


def test_rollback_undoes_a_writing_without_an_error(engine: Engine) -> None:
    with writing(engine) as db:
        set_mark(db, "a", "1")
        db.rollback()
    with reading(engine) as db:
        assert get_mark(db, "a") is None


def test_nothing_can_be_written_in_a_reading(engine: Engine) -> None:
    with pytest.raises((DBAPIError, DatabaseTrouble)), reading(engine) as db:
        set_mark(db, "a", "1")
    with writing(engine) as db:  # the connection that went back to the pool may write again
        set_mark(db, "b", "1")


def test_a_reading_sees_one_snapshot(engine: Engine) -> None:
    with reading(engine) as before:
        assert get_mark(before, "a") is None
        with writing(engine) as db:
            set_mark(db, "a", "1")
        assert get_mark(before, "a") is None


def test_writers_wait_for_each_other(sqlite_engine: Engine) -> None:
    def add() -> None:
        for _ in range(20):
            with writing(sqlite_engine) as db:
                set_mark(db, "n", str(int(get_mark(db, "n") or 0) + 1))

    threads = [Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(sqlite_engine) as db:
        assert get_mark(db, "n") == "80"


def test_sqlite_is_durable_and_keeps_foreign_keys(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as db:
        pragmas = {name: db.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_any_number_of_values_is_one_parameter(engine: Engine) -> None:
    with writing(engine) as db:
        set_mark(db, "n39999", "x")
        found = db.execute(select(col(MarkRow.value)).where(among(db, col(MarkRow.name), [f"n{i}" for i in range(40_000)]))).scalars()
        assert list(found) == ["x"]
        assert db.execute(select(col(MarkRow.value)).where(among(db, col(MarkRow.name), []))).all() == []


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://example.com/a"])
def test_a_url_we_cannot_use_is_wrong_usage(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        connect(url, tmp_path)
    assert caught.value.where == "database.url"


def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(ComposerError, match="cannot open the database"), reading(connect("sqlite:///folder.db", tmp_path)):
        pass


def test_writers_of_one_process_take_turns_and_who_waits_in_vain_is_told(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    event.listen(sqlite_engine, "checkout", lambda *_: asked.append("asked"))

    def write() -> None:
        with writing(sqlite_engine) as db:
            set_mark(db, "second", "1")

    with writing(sqlite_engine) as db:
        second = Thread(target=write)
        second.start()
        second.join(0.1)
        set_mark(db, "first", "1")
        assert asked == ["asked"]  # the second waits without asking the database again and again
    second.join()
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)
    with writing(sqlite_engine), pytest.raises(DatabaseTrouble, match="locked"), writing(sqlite_engine):
        pass
    with writing(sqlite_engine) as db:  # and nothing is left behind
        assert get_mark(db, "second") == "1"
