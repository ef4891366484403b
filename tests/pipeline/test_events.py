"""Events that come by file: a click is credited to the newest showing before it, an opt-out ends the letters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.app import App
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.reasons import Skip
from composer.errors import ComposerError
from composer.pipeline.campaigns import create_from_file
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import plan, schedule
from composer.pipeline.report import report
from composer.store.campaigns import create_campaign
from composer.store.engine import reading, writing
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


def measured(app: App) -> set[str]:
    """Who agreed to clicks being measured."""
    query = "SELECT r.recipient_id FROM consents c JOIN recipients r ON r.number = c.recipient WHERE purpose = 'clicks'"
    with reading(app.engine) as db:
        return {who for (who,) in db.execute(text(query))}


def clicked(app: App) -> int:
    with reading(app.engine) as db:
        return int(db.execute(text("SELECT count(*) FROM impressions WHERE clicked_at IS NOT NULL")).scalar_one())


def test_an_imported_click_counts_for_the_letter_it_was_in(town: App, importer: Rows, tmp_path: Path) -> None:
    schedule(town, "weekly", NOW)
    folder = town.settings.model_copy(update={"delivery": town.settings.delivery.model_copy(update={"folder": tmp_path / "out"})})
    asyncio.run(deliver(town, lambda: NOW, transport=open_transport(folder)))
    seen, unmeasured = shown(town, "premium")[:3], [block for block in shown(town, "standard") if block[0] not in measured(town)][:1]
    assert unmeasured
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


def test_an_imported_opt_out_or_complaint_ends_the_letters(town: App, importer: Rows) -> None:
    before: list[Newsletter | Skipped] = []
    plan(town, "weekly", NOW, dry_run=True, line=before.append)
    leaving = [line.recipient_id for line in before if isinstance(line, Newsletter)][:2]
    at = (NOW - timedelta(hours=1)).isoformat()
    kinds = ("unsubscribed", "spam_complaint")
    importer(
        "events",
        [{"event_id": kind, "recipient_id": who, "kind": kind, "occurred_at": at} for kind, who in zip(kinds, leaving, strict=True)],
    )
    importer("consents", [{"recipient_id": who, "purpose": "letters", "state": "granted", "source": "crm"} for who in leaving])
    after: list[Newsletter | Skipped] = []
    plan(town, "weekly", NOW, line=after.append)
    stopped = {line.recipient_id for line in after if isinstance(line, Skipped) and line.reason == Skip.no_consent}
    assert stopped >= set(leaving)
    assert stopped - set(leaving) == {line.recipient_id for line in before if isinstance(line, Skipped)}


def test_who_complained_is_not_written_to_under_another_record_or_on_another_list(town: App, importer: Rows) -> None:
    importer("recipients", [{"recipient_id": name, "email": "twice@example.com"} for name in ("one", "twin")])
    importer("consents", [{"recipient_id": name, "purpose": "letters", "state": "granted"} for name in ("one", "twin")])
    at = (NOW - timedelta(hours=1)).isoformat()
    importer("events", [{"event_id": "s", "recipient_id": "one", "kind": "spam_complaint", "occurred_at": at}])
    importer("consents", [{"recipient_id": name, "purpose": "topic:offers", "state": "granted"} for name in ("one", "twin")])
    with writing(town.engine) as db:
        create_campaign(db, {"name": "offers", "list": "topic:offers", "window": "now"}, NOW)
    for campaign in ("weekly", "offers"):
        lines: dict[str, Newsletter | Skipped] = {}
        plan(town, campaign, NOW, line=lambda line, lines=lines: lines.update({line.recipient_id: line}))  # type: ignore[misc]
        assert isinstance(lines["one"], Skipped)
        assert isinstance(lines["twin"], Skipped)


def test_a_campaign_whose_globs_name_no_module_is_refused(town: App, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('name = "empty"\nmodules = ["nope/*"]\n')
    with pytest.raises(ComposerError, match=r"no module is called like nope/\*"):
        create_from_file(town, file, NOW)
