"""Rows put straight into the database: people, a running campaign, an approved edition, and letters in the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select

from composer.app import App
from composer.domain.consent import ConsentRow, State
from composer.domain.lifecycle import Step
from composer.store.campaigns import create_campaign, make_edition, take_step
from composer.store.consents import append
from composer.store.engine import reading, writing
from composer.store.plans import PlannedRow, approve_plan, begin_planning, finish_planning, insert_planned
from composer.store.recipients import address_key, draw_key
from composer.store.tables import OutboxRow, RecipientRow

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = bytes(32)
TABLE: Any = OutboxRow.__table__  # type: ignore[attr-defined]


def people(engine: Engine, count: int, purposes: tuple[str, ...] = ("letters", "profiling", "clicks")) -> list[int]:
    """Insert people r1, r2 ... with consents, and return their row numbers."""
    with writing(engine) as db:
        table: Any = RecipientRow.__table__  # type: ignore[attr-defined]
        first = len(db.execute(select(table.c.number)).all())
        ids = [f"r{n}" for n in range(first + 1, first + count + 1)]
        db.execute(
            insert(RecipientRow),
            [
                {
                    "recipient_id": name,
                    "address": f"{name}@example.com",
                    "address_key": address_key(KEY, f"{name}@example.com"),
                    "draw_key": draw_key(name),
                    "language": "en",
                    "time_zone": "UTC",
                    "first_name": "Aino",
                }
                for name in ids
            ],
        )
        numbers = list(db.execute(select(table.c.number).where(table.c.recipient_id.in_(ids)).order_by(table.c.number)).scalars())
        append(db, [(n, ConsentRow(p, State.granted, "import", NOW - timedelta(days=9))) for n in numbers for p in purposes], NOW)
    return numbers


def running_edition(engine: Engine, version: str = "none", **keys: Any) -> int:
    """Make a scheduled campaign with one edition, not yet approved; return the edition's number."""
    with writing(engine) as db:
        campaign = create_campaign(db, {"name": "weekly", **keys}, NOW)
        take_step(db, campaign.number, Step.schedule)
        return make_edition(db, campaign.number, NOW - timedelta(hours=1)).number


def letters(engine: Engine, edition: int, recipients: list[int]) -> None:
    """Plan a letter for each, due at NOW, and approve the edition."""
    due = int(NOW.timestamp())
    with writing(engine) as db:
        begin_planning(db, edition, "planner")
        insert_planned(
            db,
            edition,
            "planner",
            [
                PlannedRow(n, "planned", "", "personal", "premium", f"<{edition}-{n}@letters.example.com>", due, due, None)
                for n in recipients
            ],
        )
        finish_planning(db, edition, "planner", "none", NOW)
        approve_plan(db, edition, "none", NOW)


def outbox(engine: Engine) -> list[Mapping[str, Any]]:
    """Every outbox row, in order of planning."""
    with reading(engine) as db:
        return [row._mapping for row in db.execute(select(TABLE).order_by(TABLE.c.number))]


def states(app: App) -> dict[str, int]:
    return dict(Counter(row["state"] for row in outbox(app.engine)))
