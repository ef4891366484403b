"""An installation on either database, a campaign with planned letters, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from composer.app import App
from composer.config import Delivery, LibrarySection, Settings, Smtp
from composer.library import OpenLibrary, open_library, read_sources
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign
from composer.store.engine import writing
from tests.kept import KEPT
from tests.path.rows import KEY, NOW, people

REPOSITORY = Path(__file__).parent.parent.parent
FAST = {"timeout": timedelta(seconds=5), "dot_timeout": timedelta(seconds=5), "host": "127.0.0.1", "start_tls": "off", "connections": 3}


@pytest.fixture(scope="session")
def library() -> OpenLibrary:
    """The repository's library, compiled once for all tests."""
    return open_library(read_sources(REPOSITORY / "modules", REPOSITORY / "templates"), KEPT)


@pytest.fixture
def installation(engine: Engine, tmp_path: Path, library: OpenLibrary) -> App:
    """An opened installation with the repository's library; its mail server is set with `towards`."""
    settings = Settings(library=LibrarySection(modules=REPOSITORY / "modules", templates=REPOSITORY / "templates"), folder=tmp_path)
    return App(settings, engine, KEY, {library.sources.version: library})


def towards(app: App, port: int, **smtp: Any) -> App:
    """Point the installation at a mail server on loopback."""
    app.settings = app.settings.model_copy(update={"smtp": Smtp.model_validate({**FAST, "port": port, **smtp})})
    return app


def delivering(app: App, **delivery: Any) -> App:
    """Change how the installation delivers."""
    app.settings = app.settings.model_copy(update={"delivery": Delivery.model_validate(delivery)})
    return app


def planned(app: App, count: int, **keys: Any) -> list[int]:
    """People with every consent, and an approved campaign with a letter due at NOW for each; returns their row numbers."""
    numbers = people(app.engine, count)
    with writing(app.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "holdout": "none", **keys}, NOW)
    schedule(app, "weekly", NOW)
    return numbers


def at(moment: datetime = NOW) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: moment
