"""Tracking: what people did is recorded once, with their consent, and a click marks its block."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from composer.app import App
from composer.domain.observed import Ask, Look
from composer.domain.outcome import Verdict
from composer.domain.tokens import Subject
from composer.pipeline import observing
from composer.pipeline.deliver import deliver
from composer.pipeline.observing import observe
from composer.pipeline.track import record_events
from composer.store.campaigns import make_edition
from composer.store.engine import reading, writing
from composer.store.outcomes import attribute_clicks
from composer.store.tables import EditionRow, EventRow, ImpressionRow, OutboxRow
from tests.path.conftest import at, planned, towards
from tests.path.rows import NOW, letters, outbox, people, running_edition
from tests.path.test_claim import Answering
from tests.transports.faults import FaultServer


async def test_a_click_is_recorded_once_and_marks_its_block(installation: App) -> None:
    planned(installation, 1)
    async with FaultServer() as server:
        await deliver(towards(installation, server.port), at())
    with reading(installation.engine) as db:
        letter, module = db.execute(select(ImpressionRow.outbox, ImpressionRow.module)).first()  # type: ignore[misc]
    click: dict[str, Any] = {
        "event_id": "c1",
        "recipient_id": "r1",
        "kind": "clicked",
        "occurred_at": NOW,
        "module": module,
        "outbox": letter,
    }
    assert record_events(installation, [click, click]) == 1
    assert record_events(installation, [click]) == 0
    with reading(installation.engine) as db:
        clicked = db.execute(select(ImpressionRow.module).where(ImpressionRow.clicked_at.is_not(None))).scalars().all()  # type: ignore[union-attr]
        assert clicked == [module]
        assert sorted(db.execute(select(EventRow.kind)).scalars()) == ["clicked", "sent"]


def test_clicks_and_opens_without_consent_and_strangers_leave_no_trace(installation: App) -> None:
    (number,) = people(installation.engine, 1, ("letters",))
    rows = [
        {"event_id": "c1", "recipient": number, "kind": "clicked", "occurred_at": NOW},
        {"event_id": "o1", "recipient": number, "kind": "opened", "occurred_at": NOW},
        {"event_id": "v1", "recipient_id": "r1", "kind": "visit"},
        {"event_id": "s1", "recipient_id": "a stranger", "kind": "visit", "occurred_at": NOW},
    ]
    assert record_events(installation, rows, NOW) == 1
    with reading(installation.engine) as db:
        assert db.execute(select(EventRow.event_id, EventRow.occurred_at)).all() == [("v1", NOW)]


def test_a_click_that_names_no_letter_is_credited_to_the_newest_showing_before_it(engine: Engine) -> None:
    """On both databases: one statement, whatever the driver makes of its parameters."""
    (who,) = people(engine, 1)
    first = running_edition(engine)
    letters(engine, first, [who])
    with writing(engine) as db:
        second = make_edition(db, 1, NOW).number
    letters(engine, second, [who])
    shown = {"recipient": who, "module": "guide/a", "variant": "plain", "position": 1, "source": "ranked", "score": 0.1, "probability": 1.0}
    times = [NOW, NOW + timedelta(days=7)]
    with writing(engine) as db:
        rows = [{**shown, "outbox": row["number"], "shown_at": at, "signals": "{}"} for row, at in zip(outbox(engine), times, strict=True)]
        db.execute(insert(ImpressionRow), rows)
        early, later = NOW - timedelta(hours=1), NOW + timedelta(days=1)
        attribute_clicks(db, [(who, "guide/a", early), (who, "guide/other", later)])
        assert set(clicks(db)) == {None}
        attribute_clicks(db, [(who, "guide/a", later)])
        attribute_clicks(db, [(who, "guide/a", later + timedelta(hours=1))])
        assert clicks(db) == [later, None]


def clicks(db: Connection) -> list[datetime | None]:
    """When each showing was clicked, in order of showing."""
    return list(db.execute(select(ImpressionRow.clicked_at).order_by(ImpressionRow.shown_at)).scalars())  # type: ignore[arg-type]


async def test_what_two_workers_write_at_once_is_told_together(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway's clicks come to two web servers, each of which knows of two. The first stops before it writes, until the other has."""
    planned(installation, 1)
    await deliver(installation, at(), transport=Answering(Verdict.accepted))
    with reading(installation.engine) as db:
        subject = Subject(*db.execute(select(OutboxRow.recipient, EditionRow.campaign, EditionRow.scheduled).join(EditionRow)).one())  # type: ignore[call-overload]
    keep, first = observing.keep, threading.Lock()

    def slow(*written: Any) -> None:
        if first.acquire(blocking=False):
            second.start()
            second.join(0.5)
        keep(*written)

    def clicks(*positions: int) -> None:
        observe(installation, [Look(subject, Ask.clicked, place, NOW + timedelta(hours=1, seconds=place)) for place in positions])

    second = threading.Thread(target=clicks, args=(2, 3, 4))
    monkeypatch.setattr(observing, "keep", slow)
    clicks(1, 2)
    second.join()
    with reading(installation.engine) as db:
        seen = db.execute(text("SELECT position, maker, times FROM observations ORDER BY position"))
        assert [tuple(row) for row in seen] == [(1, "machine", 1), (2, "machine", 2), (3, "machine", 1), (4, "machine", 1)]
        assert "clicked" not in db.execute(select(EventRow.kind)).scalars().all()
