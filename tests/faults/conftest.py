"""Databases for whole processes: a URL where `engine` elsewhere is an opened one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.faults.installation import Installation, install
from tests.postgres import Cluster

_numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database that several processes may open; tests that ask for it run on both kinds."""
    if request.param == "sqlite":
        (tmp_path / "installation").mkdir()
        (tmp_path / "installation" / "composer.db").write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield "sqlite:///composer.db"
        return
    server: Cluster = request.getfixturevalue("postgres")
    name = f"faults{next(_numbers)}"
    server.administer(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('postgres_template')} STRATEGY FILE_COPY")
    yield server.url.format(name)
    server.administer(f"DROP DATABASE {name} WITH (FORCE)")


class Install(Protocol):
    """`install` for the test's own database and folder."""

    def __call__(self, addresses: list[str], **settings: Any) -> Installation: ...


@pytest.fixture
def installed(url: str, tmp_path: Path) -> Install:
    """Make an installation on either database in tmp_path/installation."""

    def make(addresses: list[str], **settings: Any) -> Installation:
        return install(tmp_path / "installation", addresses, url, **settings)

    return make
