"""Clicks that come by file: credited to the newest showing before them, once, and only with consent to measuring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from composer.app import App
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.pipeline.report import report
from composer.store.engine import reading
from composer.transports.folder import open_transport

from .conftest import NOW

Rows = Callable[[str, list[dict[str, str]]], None]


def shown(app: App, level: str) -> list[tuple[str, str]]:
    """(recipient_id, module) of every block that reached people of a level."""
    with reading(app.engine) as db:
        return [
            tuple(row)
            for row in db.execute(
                text(
                    "SELECT r.recipient_id, i.module FROM impressions i JOIN outbox o ON o.number = i.outbox "
                    "JOIN recipients r ON r.number = i.recipient WHERE o.level = :level ORDER BY i.number"
                ),
                {"level": level},
            )
        ]


def clicked(app: App) -> int:
    with reading(app.engine) as db:
        return int(db.execute(text("SELECT count(*) FROM impressions WHERE clicked_at IS NOT NULL")).scalar_one())


def test_an_imported_click_counts_for_the_letter_it_was_in(town: App, importer: Rows, tmp_path: Path) -> None:
    schedule(town, "weekly", NOW)
    folder = town.settings.model_copy(update={"delivery": town.settings.delivery.model_copy(update={"folder": tmp_path / "out"})})
    asyncio.run(deliver(town, lambda: NOW, transport=open_transport(folder)))
    seen, unmeasured = shown(town, "premium")[:3], shown(town, "standard")[:1]
    at = (NOW + timedelta(hours=2)).isoformat()
    rows = [
        {"event_id": f"c{n}", "recipient_id": who, "kind": "clicked", "occurred_at": at, "module": module}
        for n, (who, module) in enumerate([*seen, *unmeasured, (seen[0][0], "guide/not-in-this-letter")])
    ]
    before = [{**rows[0], "event_id": "early", "occurred_at": (NOW - timedelta(days=1)).isoformat()}]
    importer("events", before)
    assert clicked(town) == 0
    importer("events", rows)
    importer("events", rows)
    assert clicked(town) == len(seen)
    assert sum(module["clicked"] for module in report(town, "weekly")["modules"]) == len(seen)
