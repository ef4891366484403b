"""What is kept for a time is gone when the time is over, and counts still add up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update
from sqlmodel import col

from composer.domain.adding_up import wrong_sum
from composer.domain.consent import State
from composer.store.consents import append, granted
from composer.store.counts import events_by_kind
from composer.store.engine import reading, writing
from composer.store.letters import letter_by_message_id
from composer.store.privacy import erase
from composer.store.reports import edition_counts
from composer.store.retention import blank_letters, delete_service_letters, delete_tombstones, drop_proof, roll_up_events
from composer.store.tables import (
    AnswerRow,
    ConsentLedgerRow,
    EditionRow,
    EventRow,
    EventTotalRow,
    ImpressionRow,
    OutboxRow,
    RecipientRow,
    ServiceLetterRow,
)

from ._people import DAY, KEY, NOW, grant, put, world


def events(engine: Engine) -> list[str]:
    with reading(engine) as db:
        return list(db.execute(select(col(EventRow.event_id)).order_by(col(EventRow.number))).scalars())


def test_old_conduct_is_counted_by_month_and_deleted(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        put(db, EventRow, event_id="older", recipient=2, kind="view", occurred_at=NOW - 40 * DAY)
        before = events_by_kind(db)
        assert roll_up_events(db, NOW - DAY) == 2
        assert roll_up_events(db, NOW - DAY) == 0
        assert events_by_kind(db) == before == {"clicked": 1, "view": 2}
        totals = db.execute(select(col(EventTotalRow.month), col(EventTotalRow.kind), col(EventTotalRow.events))).all()
    assert sorted(map(tuple, totals)) == [("2026-01", "view", 1), ("2026-02", "view", 1)]
    assert events(engine) == ["click-secret"], "what became of our own letters is kept with them"


def test_counting_twice_adds_up(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        roll_up_events(db, NOW)
        put(db, EventRow, event_id="late", recipient=2, kind="view", occurred_at=NOW - 2 * DAY)
        roll_up_events(db, NOW)
        assert db.execute(select(col(EventTotalRow.events))).scalars().all() == [2]


def test_newer_conduct_stays(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        assert roll_up_events(db, NOW - 9 * DAY) == 0
    assert "view-secret" in events(engine)


def test_what_stood_in_an_old_letter_is_forgotten_and_that_it_was_sent_stays(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        assert blank_letters(db, NOW - DAY) == 1
        assert blank_letters(db, NOW - DAY) == 0
        rows = db.execute(select(col(OutboxRow.state), col(OutboxRow.decision)).order_by(col(OutboxRow.number))).all()
        assert rows[0] == ("accepted", "")
        assert rows[1].decision, "a letter that waits is no old one"
        assert db.execute(select(col(ImpressionRow.signals), col(ImpressionRow.module))).one() == ("{}", "tips/brew")
        assert db.execute(select(col(EventRow.value)).where(col(EventRow.kind) == "clicked")).scalar() == ""
        assert db.execute(select(col(AnswerRow.answer), col(AnswerRow.asked), col(AnswerRow.text))).one() == ("answer-secret", "", "")
        letter = letter_by_message_id(db, "<a@example.com>")
        assert letter is not None
        assert letter.newsletter is None, "its why page is an unknown link"


@pytest.mark.parametrize("step", [roll_up_events, blank_letters])
def test_the_data_of_somebody_restricted_is_left_as_it_is(engine: Engine, step: object) -> None:
    with writing(engine) as db:
        world(db)
        db.execute(update(RecipientRow).values(restricted_at=NOW))
        assert step(db, NOW) == 0  # type: ignore[operator]


def proof(engine: Engine, number: int) -> list[tuple[str, str, str]]:
    with reading(engine) as db:
        ledger = ConsentLedgerRow
        query = select(col(ledger.purpose), col(ledger.state), col(ledger.address_key)).where(col(ledger.recipient) == number)
        return [(purpose, state, key) for purpose, state, key in db.execute(query.order_by(col(ledger.number)))]


def left(engine: Engine) -> None:
    """Bo has withdrawn and said nothing for a year; Ann still agrees."""
    with writing(engine) as db:
        world(db)
        grant(db, 2, "letters", state=State.withdrawn, source="unsubscribe", at=NOW - 400 * DAY)
        db.execute(update(ConsentLedgerRow).values(recorded_at=NOW - 400 * DAY, at=NOW - 400 * DAY))
        db.execute(
            update(ConsentLedgerRow)
            .where(col(ConsentLedgerRow.recipient) == 2, col(ConsentLedgerRow.state) == "granted")
            .values(at=NOW - 500 * DAY)
        )


def test_the_proof_of_a_consent_that_is_over_goes_and_that_somebody_left_stays(engine: Engine) -> None:
    left(engine)
    assert proof(engine, 2)[0][2], "there is a proof to delete"
    with writing(engine) as db:
        assert drop_proof(db, NOW - 365 * DAY) == (1, 0)
        assert drop_proof(db, NOW - 365 * DAY) == (0, 0)
        grant(db, 2, "letters", source="import", at=NOW)
        assert granted(db, [2]).get(2, frozenset()) == frozenset()
    assert [line[2] for line in proof(engine, 2)[:2]] == ["", ""]


def test_the_proof_of_a_consent_in_force_stays_however_old(engine: Engine) -> None:
    left(engine)
    before = proof(engine, 1)
    with writing(engine) as db:
        db.execute(update(OutboxRow).values(accepted_at=NOW - 390 * DAY))
        drop_proof(db, NOW - 365 * DAY)
    assert proof(engine, 1) == before
    assert before[0][2]


def test_a_letter_sent_lately_keeps_the_proof(engine: Engine) -> None:
    left(engine)
    with writing(engine) as db:
        db.execute(update(OutboxRow).values(recipient=2, accepted_at=NOW - 30 * DAY))
        assert drop_proof(db, NOW - 365 * DAY) == (0, 0)


def test_proof_is_walked_page_by_page(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.store.retention.PAGE", 1)
    left(engine)
    with writing(engine) as db:
        found = [drop_proof(db, NOW - 365 * DAY, after) for after in (0, 1, 2)]
    assert sum(touched for touched, _ in found) == 1


def test_what_was_asked_for_and_is_over_is_deleted(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        db.execute(update(ServiceLetterRow).values(asked_at=NOW - 9 * DAY, expires_at=NOW - 5 * DAY, done_at=None))
        count = db.execute(select(func.count()).select_from(ServiceLetterRow)).scalar()
        assert delete_service_letters(db, NOW - 6 * DAY) == 0
        assert delete_service_letters(db, NOW - 4 * DAY) == count
        assert count


def test_tombstones_go_with_their_letters_and_the_counts_still_add_up(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        put(db, OutboxRow, number=3, edition=1, recipient=2, state="accepted", message_id="<c@example.com>", accepted_at=NOW)
        db.execute(update(EditionRow).where(col(EditionRow.number) == 1).values(audience=2))
        db.execute(update(EditionRow).where(col(EditionRow.number) == 2).values(audience=1))
        erase(db, 1, KEY, NOW)
        assert delete_tombstones(db, NOW) == 0
        assert delete_tombstones(db, NOW + timedelta(seconds=1)) == 1
        audiences = {row.number: row.audience for row in db.execute(select(col(EditionRow.number), col(EditionRow.audience)))}
        assert audiences == {1: 1, 2: 0}
        for count in edition_counts(db):
            assert wrong_sum(audiences[count.edition], count.states, finished=False) == ""
        assert db.execute(select(col(RecipientRow.number))).scalars().all() == [2]
    with writing(engine) as db:
        assert append(db, [], NOW) == 0
