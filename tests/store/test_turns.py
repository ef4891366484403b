"""Transactions of two workers that touch the same rows in another order take turns, and never end in a deadlock."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, text

from composer.domain.campaign import EditionState
from composer.domain.outcome import OutboxState
from composer.pipeline.finishing import close_finished
from composer.store.campaigns import get_edition
from composer.store.consents import is_suppressed, suppress
from composer.store.engine import reading, writing
from composer.store.outbox import reopen, unresolved
from composer.store.outcomes import Settled, stand
from tests.path.rows import NOW, letters, people, running_edition


def _until_it_waits_or_ends(engine: Engine, other: Future[None]) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        while not (other.done() or db.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one()):
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
            _until_it_waits_or_ends(postgres_engine, done)
            suppress(db, "second", "bounce", NOW)
        done.result(timeout=20)
    with reading(postgres_engine) as db:
        assert is_suppressed(db, ["first", "second"]) == {"first", "second"}


@pytest.mark.parametrize("finisher_first", [False, True])
def test_an_edition_is_not_finished_while_a_person_lets_a_letter_leave_again(postgres_engine: Engine, finisher_first: bool) -> None:
    edition = running_edition(postgres_engine)
    letters(postgres_engine, edition, people(postgres_engine, 1))
    with writing(postgres_engine) as db:
        stand(db, [Settled(1, 1, OutboxState.unknown, "no answer", in_doubt=2)])

    def again(db: Connection) -> None:
        stand(db, [Settled(row.number, row.recipient, OutboxState.unknown, due_at=NOW, in_doubt=2) for row in unresolved(db)])
        reopen(db, [edition])

    first, second = (close_finished, again) if finisher_first else (again, close_finished)

    def other() -> None:
        with writing(postgres_engine) as db:
            second(db)

    with ThreadPoolExecutor(1) as pool:
        with writing(postgres_engine) as db:
            first(db)
            done = pool.submit(other)
            _until_it_waits_or_ends(postgres_engine, done)
        done.result(timeout=20)
    with reading(postgres_engine) as db:
        assert get_edition(db, edition).state is EditionState.approved
