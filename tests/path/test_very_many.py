"""Very many letters: a claim and a guard cost what they are about, not what is there beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from composer.pipeline.guarding import guard
from composer.store.campaigns import get_campaign, get_edition
from composer.store.engine import writing
from composer.store.guards import count_letters
from composer.store.outbox import claim, under_way
from composer.store.tables import EventRow
from tests.path.rows import NOW, TABLE, letters, people, running_edition

LEASE = timedelta(minutes=15)


def steps(db: Connection, work: Callable[[], object]) -> int:
    """How many hundreds of steps SQLite's machine takes for some work."""
    counted = [0]

    def step() -> int:
        counted[0] += 1
        return 0

    driver: Any = db.connection.driver_connection
    driver.set_progress_handler(step, 100)
    try:
        work()
    finally:
        driver.set_progress_handler(None, 0)
    return counted[0]


def steps_of_a_claim(engine: Engine) -> int:
    with writing(engine) as db:
        taken = steps(db, lambda: claim(db, NOW, 10, "us", LEASE, (0, 0)))
        assert under_way(db) == 10
        db.rollback()
    return taken


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


def test_a_guard_does_not_count_a_million_letters_to_see_that_few_are_dead(sqlite_engine: Engine) -> None:
    numbers = people(sqlite_engine, 6_000)
    edition = running_edition(sqlite_engine)
    letters(sqlite_engine, edition, numbers)
    with writing(sqlite_engine) as db:
        campaign = get_edition(db, edition).campaign_number
        db.execute(update(TABLE).values(state="accepted", due_at=None))
        dead = [{"event_id": f"own:b{n}", "recipient": n, "kind": "bounced", "occurred_at": NOW, "outbox": n} for n in numbers[:60]]
        db.execute(insert(EventRow), dead)
        all_ = steps(db, lambda: count_letters(db, campaign))
        assert steps(db, lambda: guard(db, campaign)) <= all_ / 3
        assert get_campaign(db, "weekly").state == "scheduled"
