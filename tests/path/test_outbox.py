"""The outbox on both databases: claims, leases, group commits, counts, and a person's word."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from composer.domain.level import Level
from composer.domain.newsletter import Block, Newsletter
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Arm, Source
from composer.errors import Refused
from composer.pipeline.finishing import close_finished
from composer.store.campaigns import get_campaign, get_edition
from composer.store.consents import is_suppressed
from composer.store.engine import reading, writing
from composer.store.outbox import (
    Claimed,
    claim,
    freeze,
    list_rows,
    lost_leases,
    renew_leases,
    reopen,
    unresolved,
    without_waiting,
)
from composer.store.outcomes import Settled, record, stand
from composer.store.plans import PlannedRow, approve_plan, begin_planning, finish_planning, insert_planned, state_counts
from composer.store.privacy import erase
from composer.store.recipients import address_key
from composer.store.tables import CampaignRow, EditionRow, EventRow, ImpressionRow
from tests.path.rows import KEY, NOW, TABLE, letters, outbox, people, running_edition

LEASE = timedelta(minutes=15)


@pytest.fixture
def edition(engine: Engine) -> int:
    return running_edition(engine)


def take(engine: Engine, limit: int = 100, owner: str = "us") -> list[Claimed]:
    with writing(engine) as db:
        return claim(db, NOW, limit, owner, LEASE)


def shown(recipient: int) -> Newsletter:
    block = Block("offer/one", "plain", 1, "hero", Source.ranked, 0.25, 0.9, values=(("novelty", 0.5),))
    return Newsletter("r1", recipient, "weekly@x", Arm.personal, Level.premium, "en", "newsletter", (block,), "s", "p", NOW, "now")


def test_a_letter_is_claimed_by_one_and_only_one(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 30))
    first, second = take(engine, 20, "first"), take(engine, 20, "second")
    assert (len(first), len(second)) == (20, 10)
    assert not {row.number for row in first} & {row.number for row in second}
    assert take(engine) == []


def test_many_workers_at_once_never_get_the_same_letter(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 120))
    taken: list[int] = []
    guard = threading.Lock()

    def work(owner: str) -> None:
        while rows := take(engine, 7, owner):
            with guard:
                taken.extend(row.number for row in rows)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Counter(Counter(taken).values()) == {1: 120}


def test_only_what_is_due_is_claimed_the_longest_due_first(engine: Engine, edition: int) -> None:
    numbers = people(engine, 3)
    letters(engine, edition, numbers)
    with writing(engine) as db:
        for number, minutes in zip(numbers, (0, 1, -5), strict=True):
            db.execute(update(TABLE).where(TABLE.c.recipient == number).values(due_at=NOW + timedelta(minutes=minutes)))
    assert [row.recipient for row in take(engine)] == [numbers[2], numbers[0]]


@pytest.mark.parametrize("state", ["draft", "paused", "cancelled", "finished"])
def test_letters_of_a_campaign_that_does_not_run_stay(engine: Engine, edition: int, state: str) -> None:
    letters(engine, edition, people(engine, 1))
    with writing(engine) as db:
        db.execute(update(CampaignRow).values(state=state))
    assert take(engine) == []


def test_an_edition_nobody_approved_sends_nothing(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 1))
    with writing(engine) as db:
        db.execute(update(EditionRow).values(state="planned"))
    assert take(engine) == []


def planned_row(number: int) -> PlannedRow:
    due = int(NOW.timestamp())
    return PlannedRow(number, "planned", "", "personal", "premium", "<a@letters.example.com>", due, due, b"one")


def test_the_newest_plan_of_an_edition_wins_and_the_older_one_is_refused(engine: Engine, edition: int) -> None:
    (number,) = people(engine, 1)
    with writing(engine) as db:
        begin_planning(db, edition, "older")
        insert_planned(db, edition, "older", [planned_row(number)])
    with writing(engine) as db:
        begin_planning(db, edition, "newer")
    assert outbox(engine) == []
    with pytest.raises(Refused, match="another plan"), writing(engine) as db:
        insert_planned(db, edition, "older", [planned_row(number)])
    with pytest.raises(Refused, match="another plan"), writing(engine) as db:
        finish_planning(db, edition, "older", "v1", NOW)
    with writing(engine) as db:
        insert_planned(db, edition, "newer", [planned_row(number)])
    assert len(outbox(engine)) == 1


def test_a_plan_waits_while_another_one_begins_and_is_then_refused(engine: Engine, edition: int) -> None:
    (number,) = people(engine, 1)
    with writing(engine) as db:
        begin_planning(db, edition, "older")
    refused: list[Refused] = []

    def add() -> None:
        try:
            with writing(engine) as own:
                insert_planned(own, edition, "older", [planned_row(number)])
        except Refused as error:
            refused.append(error)

    adding = threading.Thread(target=add)
    with writing(engine) as db:
        begin_planning(db, edition, "newer")
        adding.start()
    adding.join()
    assert len(refused) == 1
    assert outbox(engine) == []


def test_only_a_plan_carried_to_its_end_from_that_library_is_approved(engine: Engine, edition: int) -> None:
    with pytest.raises(Refused, match="planned anew"), writing(engine) as db:
        approve_plan(db, edition, "v1", NOW)
    with writing(engine) as db:
        begin_planning(db, edition, "me")
        finish_planning(db, edition, "me", "v1", NOW)
    with pytest.raises(Refused, match="planned anew"), writing(engine) as db:
        approve_plan(db, edition, "v2", NOW)
    with writing(engine) as db:
        approve_plan(db, edition, "v1", NOW)


def test_nobody_empties_or_adds_to_an_approved_edition(engine: Engine, edition: int) -> None:
    (number,) = people(engine, 1)
    letters(engine, edition, [number])
    with pytest.raises(Refused, match="approved"), writing(engine) as db:
        begin_planning(db, edition, "late")
    with pytest.raises(Refused, match="approved"), writing(engine) as db:
        insert_planned(db, edition, "", [planned_row(number)])
    assert len(outbox(engine)) == 1


def test_a_lease_that_ran_out_is_found_and_one_that_is_renewed_is_not(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 2))
    rows = take(engine)
    with writing(engine) as db:
        assert lost_leases(db) == []
        db.execute(update(TABLE).values(lease_until=NOW - timedelta(days=9999)))
        assert {row.number for row in lost_leases(db, "another")} == {row.number for row in rows}
        assert lost_leases(db, "us") == []  # whoever asks lives, and sends them still
        renew_leases(db, "us", LEASE)
        assert lost_leases(db) == []


def test_an_acceptance_leaves_a_row_an_event_and_impressions_once(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 1))
    (row,) = take(engine)
    done = Settled(row.number, row.recipient, OutboxState.accepted, attempts=1, newsletter=shown(row.recipient), tried=True)
    for _ in range(2):
        with writing(engine) as db:
            record(db, "us", {}, [done], NOW)
    (stored,) = outbox(engine)
    assert (stored["state"], stored["accepted_at"], stored["attempts"], stored["lease_owner"]) == ("accepted", NOW, 1, "")
    with reading(engine) as db:
        assert db.execute(select(EventRow.kind, EventRow.outbox, EventRow.occurred_at)).all() == [("sent", row.number, NOW)]
        (block,) = db.execute(select(ImpressionRow.module, ImpressionRow.signals, ImpressionRow.probability, ImpressionRow.shown_at)).all()
    assert tuple(block) == ("offer/one", '{"novelty":0.5}', 0.9, NOW)


def test_a_sender_that_lost_its_lease_changes_nothing_but_an_acceptance_always_counts(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 1))
    (row,) = take(engine)
    with writing(engine) as db:
        record(db, "somebody else", {}, [Settled(row.number, row.recipient, OutboxState.refused, "550 no", tried=True)], NOW)
    assert outbox(engine)[0]["state"] == "sending"
    with writing(engine) as db:
        record(db, "somebody else", {}, [Settled(row.number, row.recipient, OutboxState.accepted, tried=True)], NOW)
        record(db, "us", {}, [Settled(row.number, row.recipient, OutboxState.refused, "550 no", tried=True)], NOW)
    assert outbox(engine)[0]["state"] == "accepted"


def test_a_body_begun_is_counted_as_in_doubt(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 2))
    first, _ = take(engine)
    with writing(engine) as db:
        record(db, "us", {first.number: "known by"}, [], NOW)
    assert [(r["in_doubt"], r["digest"]) for r in outbox(engine)] == [(1, "known by"), (0, "")]


def test_a_dead_address_is_suppressed_and_told_as_a_bounce(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 1))
    (row,) = take(engine)
    with writing(engine) as db:
        record(db, "us", {}, [Settled(row.number, row.recipient, OutboxState.refused, "550 5.1.1", dead_address=True, tried=True)], NOW)
    with reading(engine) as db:
        assert is_suppressed(db, [address_key(KEY, "r1@example.com")])
        assert db.execute(select(EventRow.kind)).scalars().all() == ["bounced"]


def test_a_frozen_decision_is_what_the_next_claim_brings(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 1))
    (row,) = take(engine)
    with writing(engine) as db:
        freeze(db, [(row.number, "chosen", "holdout", "basic")])
        stand(db, [Settled(row.number, row.recipient, OutboxState.try_later, "451", NOW, 1)])
    (again,) = take(engine)
    assert (again.frozen, again.decision, again.attempts) == (True, "chosen", 1)
    assert (outbox(engine)[0]["arm"], outbox(engine)[0]["level"]) == ("holdout", "basic")


def test_who_is_erased_while_a_letter_is_under_way_leaves_no_signals(engine: Engine, edition: int) -> None:
    kept, erased = people(engine, 2)
    letters(engine, edition, [kept, erased])
    rows = take(engine)
    with writing(engine) as db:
        erase(db, erased, KEY, NOW)
        settled = [Settled(r.number, r.recipient, OutboxState.accepted, newsletter=shown(r.recipient), tried=True) for r in rows]
        record(db, "us", {}, settled, NOW)
        found = dict(db.execute(select(ImpressionRow.recipient, ImpressionRow.signals)).all())
    assert found == {kept: '{"novelty":0.5}', erased: "{}"}


def test_counts_and_lists_tell_every_letter_once(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 4))
    rows = take(engine, 3)
    with writing(engine) as db:
        record(
            db,
            "us",
            {},
            [
                Settled(rows[0].number, rows[0].recipient, OutboxState.accepted, tried=True),
                Settled(rows[1].number, rows[1].recipient, OutboxState.refused, "550 a reason of its own", tried=True),
                Settled(rows[2].number, rows[2].recipient, OutboxState.skipped, "no consent"),
            ],
            NOW,
        )
    with reading(engine) as db:
        assert state_counts(db, edition) == {"accepted": 1, "refused": 1, "skipped": 1, "planned": 1}
        assert [row.recipient for row in list_rows(db, page=3)] == ["r1", "r2", "r3", "r4"]
        assert [row.reason for row in list_rows(db, "weekly", "refused")] == ["550 a reason of its own"]
        assert list(list_rows(db, "another")) == []


def test_an_edition_is_finished_when_nothing_waits_and_may_be_reopened(engine: Engine, edition: int) -> None:
    letters(engine, edition, people(engine, 2))
    first, second = take(engine)
    with writing(engine) as db:
        record(db, "us", {}, [Settled(first.number, first.recipient, OutboxState.accepted, tried=True)], NOW)
        assert without_waiting(db) == []
        record(db, "us", {}, [Settled(second.number, second.recipient, OutboxState.unknown, "silence", None, 2, 2)], NOW)
        close_finished(db)
        assert get_edition(db, edition).state == "finished"
        assert get_campaign(db, "weekly").state == "finished"
        assert [row.number for row in unresolved(db, "weekly")] == [second.number]
        assert unresolved(db, "another") == []
        assert len(reopen(db, [edition])) == 1
        assert get_edition(db, edition).state == "approved"
