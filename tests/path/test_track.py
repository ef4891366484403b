"""Tracking: what people did is recorded once, with their consent, and a click marks its block."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from composer.app import App
from composer.pipeline.deliver import deliver
from composer.pipeline.track import record_events
from composer.store.campaigns import make_edition
from composer.store.engine import reading, writing
from composer.store.outcomes import attribute_clicks
from composer.store.tables import EventRow, ImpressionRow
from tests.path.conftest import at, planned, towards
from tests.path.rows import NOW, letters, outbox, people, running_edition
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
