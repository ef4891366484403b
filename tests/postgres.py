"""Throw-away PostgreSQL servers: each in a folder of its own, on a socket in that folder only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from composer.store.engine import connect


def _programs() -> Path:
    """The folder of initdb and pg_ctl: on the PATH, or where distributions put them."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise RuntimeError("no PostgreSQL server programs (initdb, pg_ctl): install the package postgresql")


def _run(*command: object) -> None:
    """Run a server program; PostgreSQL refuses to run as root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, *map(str, command)], check=True, capture_output=True, cwd="/")


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    folder: Path

    @property
    def url(self) -> str:
        """The URL with `{}` for the database's name."""
        return f"postgresql+psycopg://postgres@/{{}}?host={self.folder}"

    def administer(self, statement: str) -> None:
        engine = connect(self.url.format("postgres"), Path())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text(statement))
        engine.dispose()

    def start(self) -> None:
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c full_page_writes=off -c max_connections=50"
        )
        _run(_programs() / "pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options, "-w", "start")

    def restart(self, mode: str) -> None:
        _run(_programs() / "pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-m", mode, "-w", "restart")

    def stop(self, mode: str) -> None:
        _run(_programs() / "pg_ctl", "-D", self.folder / "data", "-m", mode, "-w", "stop")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a server, and take it away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="composer-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    _run(_programs() / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")
    made = Cluster(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
