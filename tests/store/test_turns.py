"""Transactions of two workers that touch the same rows in another order take turns, and never end in a deadlock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from composer.store.consents import is_suppressed, suppress
from composer.store.engine import reading, writing

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _wait_for_someone_who_waits(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        while not db.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            pass


def test_two_workers_that_learn_of_the_same_dead_addresses_at_once_both_write_them_down(postgres_engine: Engine) -> None:
    def other() -> None:
        with writing(postgres_engine) as db:
            for key in ("second", "first"):
                suppress(db, key, "bounce", NOW)

    with ThreadPoolExecutor(1) as pool:
        with writing(postgres_engine) as db:
            suppress(db, "first", "bounce", NOW)
            done = pool.submit(other)
            _wait_for_someone_who_waits(postgres_engine)
            suppress(db, "second", "bounce", NOW)
        done.result(timeout=20)
    with reading(postgres_engine) as db:
        assert is_suppressed(db, ["first", "second"]) == {"first", "second"}
