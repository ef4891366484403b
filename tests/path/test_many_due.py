"""Claims while very many letters are due: each costs what it takes, not what waits behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, update

from composer.store.engine import writing
from composer.store.outbox import claim
from tests.path.rows import NOW, TABLE, letters, people, running_edition

LEASE = timedelta(minutes=15)


def steps_of_a_claim(engine: Engine) -> int:
    """How many hundreds of steps SQLite's machine takes to claim ten letters."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    with writing(engine) as db:
        driver: Any = db.connection.driver_connection
        driver.set_progress_handler(step, 100)
        assert len(claim(db, NOW, 10, "us", LEASE, (0, 0))) == 10
        driver.set_progress_handler(None, 0)
        db.rollback()
    return steps[0]


def test_a_claim_costs_the_same_however_many_letters_are_due(sqlite_engine: Engine) -> None:
    numbers = people(sqlite_engine, 4_000)
    letters(sqlite_engine, running_edition(sqlite_engine), numbers)
    many = steps_of_a_claim(sqlite_engine)
    with writing(sqlite_engine) as db:
        db.execute(update(TABLE).where(TABLE.c.recipient > numbers[100]).values(state="accepted", due_at=None))
    assert many <= 1.5 * steps_of_a_claim(sqlite_engine)


def test_of_letters_in_different_states_the_longest_due_go_first(engine: Engine) -> None:
    numbers = people(engine, 6)
    letters(engine, running_edition(engine), numbers)
    with writing(engine) as db:
        for place, (number, state) in enumerate(zip(numbers, ("unknown", "planned", "try_later") * 2, strict=True)):
            db.execute(update(TABLE).where(TABLE.c.recipient == number).values(state=state, due_at=NOW - timedelta(minutes=place)))
    with writing(engine) as db:
        assert [letter.recipient for letter in claim(db, NOW, 4, "us", LEASE)] == numbers[:1:-1]
        assert [letter.recipient for letter in claim(db, NOW, 4, "us", LEASE)] == numbers[1::-1]
