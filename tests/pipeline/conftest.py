"""A small town: sixty generated people, imported through files, and a weekly campaign."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.app import App
from composer.demo.people import crowd, products
from composer.pipeline.ingest import ingest
from composer.pipeline.retrain import retrain
from composer.store.campaigns import create_campaign
from composer.store.engine import reading, writing

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
PEOPLE = 60


def import_rows(app: App, folder: Path, kind: str, rows: list[dict[str, str]]) -> None:
    """Import rows through a CSV file, as a user would."""
    file = folder / f"{kind}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert not ingest(app, kind, file, now=NOW).refused.count


def dump(app: App) -> dict[str, list[str]]:
    """Every row of every table, as text: to show that something wrote nothing."""
    with reading(app.engine) as db:
        tables = [row[0] for row in db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))]
        return {table: sorted(str(tuple(row)) for row in db.execute(text(f"SELECT * FROM {table}"))) for table in tables}


def settle(app: App, folder: Path) -> None:
    """Fill an empty installation with the town."""
    people = crowd(PEOPLE, NOW, seed=5)
    import_rows(app, folder, "products", products())
    import_rows(app, folder, "recipients", people.recipients)
    import_rows(app, folder, "consents", people.consents)
    import_rows(app, folder, "orders", people.orders)
    retrain(app, NOW)
    with writing(app.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "repeat": "7d"}, NOW)


@pytest.fixture
def town(app: App, tmp_path: Path) -> App:
    settle(app, tmp_path)
    return app


@pytest.fixture
def importer(town: App, tmp_path: Path) -> Callable[[str, list[dict[str, str]]], None]:
    return lambda kind, rows: import_rows(town, tmp_path, kind, rows)
