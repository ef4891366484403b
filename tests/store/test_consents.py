"""The ledger and the suppression list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from composer.domain.consent import OWN_SOURCES, PURPOSES, ConsentRow, State, granted_purposes
from composer.store.consents import append, granted, is_suppressed, ledger_lines, suppress, suppression_version
from composer.store.engine import reading, writing
from composer.store.recipients import save_recipients

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = bytes(32)
rows = st.builds(
    ConsentRow,
    purpose=st.sampled_from([*PURPOSES, "topic:wine"]),
    state=st.sampled_from(State),
    source=st.sampled_from(["import", "import:crm", *sorted(OWN_SOURCES)]),
    at=st.integers(0, 9).map(lambda hours: NOW + timedelta(hours=hours)),
)


def people(engine: Engine, count: int) -> None:
    with writing(engine) as db:
        save_recipients(db, KEY, [{"recipient_id": f"r{i}", "address": f"r{i}@example.com"} for i in range(count)], ["address"])


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ledger=st.lists(st.tuples(st.integers(1, 3), rows), max_size=12, unique_by=lambda line: (line[0], *_key(line[1]))))
def test_the_database_reads_the_ledger_as_the_law_does(engine: Engine, ledger: list[tuple[int, ConsentRow]]) -> None:
    people(engine, 3)
    with writing(engine) as db:
        assert append(db, ledger, NOW) == len(ledger)
        assert append(db, ledger, NOW) == 0
        said = {number: [(r.purpose, r.state, r.source, int(r.at.timestamp())) for n, r in ledger if n == number] for number, _ in ledger}
        assert granted(db, [1, 2, 3]) == {number: granted_purposes(lines) for number, lines in said.items()}
        db.rollback()


def _key(row: ConsentRow) -> tuple[object, ...]:
    return row.purpose, row.state, row.source, row.at


def test_every_withdrawal_and_suppression_moves_the_version(engine: Engine) -> None:
    people(engine, 1)
    versions = []
    for state in (State.granted, State.withdrawn):
        with writing(engine) as db:
            append(db, [(1, ConsentRow("letters", state, "import", NOW))], NOW)
            versions.append(suppression_version(db))
    with writing(engine) as db:
        suppress(db, "k", "bounce", NOW)
        versions.append(suppression_version(db))
    assert versions == [0, 1, 2]


def test_a_withdrawal_that_is_undone_moves_nothing(engine: Engine) -> None:
    people(engine, 1)
    with writing(engine) as db:
        append(db, [(1, ConsentRow("letters", State.withdrawn, "unsubscribe", NOW))], NOW)
        db.rollback()
    with reading(engine) as db:
        assert suppression_version(db) == 0
        assert granted(db, [1]) == {}


def test_suppressing_twice_keeps_the_first_time(engine: Engine) -> None:
    with writing(engine) as db:
        suppress(db, "k", "bounce", NOW)
        suppress(db, "k", "bounce", NOW + timedelta(days=1))
        assert is_suppressed(db, ["k", "l"]) == {"k"}
        assert is_suppressed(db, []) == set()


def test_ledger_lines_are_of_the_people_asked_about(engine: Engine) -> None:
    people(engine, 2)
    with writing(engine) as db:
        append(db, [(n, ConsentRow("letters", State.granted, "import", NOW, wording="v1")) for n in (1, 2)], NOW)
        assert ledger_lines(db, [2]) == {(2, "letters", "granted", "import", "v1")}
