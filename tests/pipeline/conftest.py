"""A small town: sixty generated people, imported through files, and a weekly campaign."""

from __future__ import annotations

import asyncio
import csv
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.app import App, key_file, make_key, open_app
from composer.config import Database, LibrarySection, Settings
from composer.pipeline.deliver import deliver
from composer.pipeline.ingest import ingest
from composer.pipeline.plan import schedule
from composer.pipeline.retrain import retrain
from composer.simulate import rows as files
from composer.simulate.crowd import make_crowd
from composer.simulate.purchases import history
from composer.store.campaigns import create_campaign
from composer.store.engine import reading, writing
from composer.transports.folder import open_transport
from tests.conftest import REPOSITORY
from tests.kept import FOLDER as KEPT

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
PEOPLE, WEEKS = 60, 4


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
    people = make_crowd(PEOPLE, NOW, seed=5)
    import_rows(app, folder, "products", files.products())
    import_rows(app, folder, "recipients", list(files.recipients(people)))
    import_rows(app, folder, "consents", list(files.consents(people)))
    import_rows(app, folder, "orders", list(files.orders(history(people), "h")))
    retrain(app, NOW)
    with writing(app.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "repeat": "7d"}, NOW)


def new_town(folder: Path, sqlite_template: Path) -> App:
    """The town as an installation of its own."""
    library = LibrarySection(modules=REPOSITORY / "modules", templates=REPOSITORY / "templates", cache=KEPT)
    settings = Settings(database=Database(url="sqlite:///composer.db"), library=library, folder=folder)
    shutil.copy(sqlite_template, folder / "composer.db")
    make_key(key_file(settings))
    app = open_app(settings)
    settle(app, folder)
    return app


@pytest.fixture
def town(app: App, tmp_path: Path) -> App:
    settle(app, tmp_path)
    return app


@pytest.fixture
def importer(town: App, tmp_path: Path) -> Callable[[str, list[dict[str, str]]], None]:
    return lambda kind, rows: import_rows(town, tmp_path, kind, rows)


def send(app: App, name: str, folder: Path) -> None:
    schedule(app, name, NOW)
    to = app.settings.model_copy(update={"delivery": app.settings.delivery.model_copy(update={"folder": folder})})
    asyncio.run(deliver(app, lambda: NOW + timedelta(hours=1), transport=open_transport(to)))


@pytest.fixture(scope="session")
def letters_sent(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The folder of an installation whose letters of four campaigns are out, half of them explored, those of one campaign not at all."""
    folder = tmp_path_factory.mktemp("sent")
    app = new_town(folder, sqlite_template)
    with writing(app.engine) as db:
        for week in range(WEEKS):
            keys = {"name": f"week-{week}", "window": "now", "holdout": "none", "cap": "none"}
            create_campaign(db, {**keys, "policy": {"explore": 0.5 if week else 0}}, NOW)
    for week in range(WEEKS):
        send(app, f"week-{week}", folder / "out")
    with writing(app.engine) as db:
        db.execute(text("UPDATE impressions SET clicked_at = shown_at WHERE number % 4 = 1 AND position < 4"))
    app.close()
    return folder


@pytest.fixture
def sent(app: App, letters_sent: Path) -> Iterator[App]:
    """The installation of `letters_sent`, to do with as a test likes."""
    app.engine.dispose()
    for file in ("composer.db", "secret.key"):
        shutil.copy(letters_sent / file, app.settings.folder / file)
    opened = open_app(app.settings)
    yield opened
    opened.close()
