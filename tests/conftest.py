"""Fixtures for everybody: a migrated database of each kind, and an opened installation."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine

from composer.config import Database, LibrarySection, Settings
from composer.store.engine import connect
from composer.store.migrate import upgrade
from tests.kept import FOLDER
from tests.postgres import Cluster, cluster

if TYPE_CHECKING:
    from composer.app import App

REPOSITORY = Path(__file__).parent.parent
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A throw-away PostgreSQL server that all tests share."""
    with cluster() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: Cluster) -> str:
    """Name of a migrated database that others are copied from."""
    postgres.administer("CREATE DATABASE migrated")
    engine = connect(postgres.url.format("migrated"), Path())
    upgrade(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture
def empty_postgres(postgres: Cluster) -> Iterator[str]:
    """URL of a fresh database without tables."""
    name = f"empty{next(_numbers)}"
    postgres.administer(f"CREATE DATABASE {name}")
    yield postgres.url.format(name)
    postgres.administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that others are copied from."""
    folder = tmp_path_factory.mktemp("template")
    engine = connect("sqlite:///composer.db", folder)
    upgrade(engine)
    engine.dispose()  # the last connection folds the write-ahead log into the file
    return folder / "composer.db"


@pytest.fixture
def sqlite_engine(tmp_path: Path, sqlite_template: Path) -> Iterator[Engine]:
    """A fresh migrated SQLite database in a file."""
    shutil.copy(sqlite_template, tmp_path / "composer.db")
    engine = connect("sqlite:///composer.db", tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres: Cluster, postgres_template: str) -> Iterator[Engine]:
    """A fresh migrated database on a real PostgreSQL server."""
    name = f"test{next(_numbers)}"
    postgres.administer(f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY")
    engine = connect(postgres.url.format(name), Path())
    yield engine
    engine.dispose()
    postgres.administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A fresh migrated database; every test that asks for it runs on both kinds."""
    name = "sqlite_engine" if request.param == "sqlite" else "postgres_engine"
    found: Engine = request.getfixturevalue(name)
    return found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation's settings: SQLite in tmp_path, the repository's own library, compiled once for all tests."""
    return Settings(
        database=Database(url="sqlite:///composer.db"),
        library=LibrarySection(modules=REPOSITORY / "modules", templates=REPOSITORY / "templates", cache=FOLDER),
        folder=tmp_path,
    )


@pytest.fixture
def app(settings: Settings, sqlite_template: Path) -> Iterator[App]:
    """An opened installation with an empty database and a fresh key."""
    from composer.app import key_file, make_key, open_app

    shutil.copy(sqlite_template, settings.folder / "composer.db")
    make_key(key_file(settings))
    opened = open_app(settings)
    yield opened
    opened.close()
