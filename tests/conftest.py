"""Fixtures for everybody: a migrated database of each kind, and an opened installation."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text

from composer.config import Database, LibrarySection, Settings
from composer.store.engine import connect
from composer.store.migrate import upgrade
from tests.kept import FOLDER

if TYPE_CHECKING:
    from composer.app import App

REPOSITORY = Path(__file__).parent.parent
_numbers = count(1)


def _server_programs() -> Path:
    """The folder of initdb and pg_ctl: on the PATH, or where distributions put them."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise RuntimeError("no PostgreSQL server programs (initdb, pg_ctl): install the package postgresql")


def _run_as_server(*command: object) -> None:
    """Run a server program; PostgreSQL refuses to run as root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, *map(str, command)], check=True, capture_output=True, cwd="/")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a throw-away PostgreSQL server without a database name; it listens on a socket in its own folder only."""
    programs = _server_programs()
    folder = Path(tempfile.mkdtemp(prefix="composer-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    _run_as_server(programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off -c max_connections=50"
    _run_as_server(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
    try:
        yield f"postgresql+psycopg://postgres@/{{}}?host={folder}"
    finally:
        _run_as_server(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """Name of a migrated database that others are copied from."""
    _administer(postgres, "CREATE DATABASE migrated")
    engine = connect(postgres.format("migrated"), Path())
    upgrade(engine)
    engine.dispose()
    return "migrated"


def _administer(postgres: str, statement: str) -> None:
    engine = connect(postgres.format("postgres"), Path())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text(statement))
    engine.dispose()


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """URL of a fresh database without tables."""
    name = f"empty{next(_numbers)}"
    _administer(postgres, f"CREATE DATABASE {name}")
    yield postgres.format(name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


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
def postgres_engine(postgres: str, postgres_template: str) -> Iterator[Engine]:
    """A fresh migrated database on a real PostgreSQL server."""
    name = f"test{next(_numbers)}"
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY")
    engine = connect(postgres.format(name), Path())
    yield engine
    engine.dispose()
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


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
