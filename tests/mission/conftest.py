"""One reader with every consent, an order history and clicks, in an installation with the repository's library."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from composer.app import App
from composer.config import LibrarySection, Settings
from composer.library import OpenLibrary
from composer.store.engine import writing
from composer.store.tables import EventRow, OrderRow, ProductRow
from composer.store.upsert import defaults
from tests.mission.reader import Reader
from tests.path.conftest import REPOSITORY, library  # noqa: F401 - a fixture
from tests.path.rows import KEY, NOW, people

DAY = timedelta(days=1)
BOUGHT, VIEWED = "Recruiting", "Quality"


@pytest.fixture
def reader(sqlite_engine: Engine, tmp_path: Path, library: OpenLibrary) -> Reader:  # noqa: F811
    settings = Settings(library=LibrarySection(modules=REPOSITORY / "modules", templates=REPOSITORY / "templates"), folder=tmp_path)
    (number,) = people(sqlite_engine, 1)
    with writing(sqlite_engine) as db:
        product = defaults(ProductRow)
        names = [{**product, "product_id": name.lower(), "name": name, "category": name} for name in (BOUGHT, VIEWED)]
        db.execute(insert(ProductRow), names)
        order = {**defaults(OrderRow), "recipient": number, "product": 1}
        event = {**defaults(EventRow), "recipient": number, "kind": "view", "product": 2}
        db.execute(insert(OrderRow), [{**order, "order_id": f"o{days}", "ordered_at": NOW - days * DAY} for days in (200, 300, 400)])
        db.execute(insert(EventRow), [{**event, "event_id": f"v{days}", "occurred_at": NOW + days * DAY} for days in (6, 13)])
    return Reader(App(settings, sqlite_engine, KEY, {library.sources.version: library}))
