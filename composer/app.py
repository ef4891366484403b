"""The wiring: settings, database, secret key, libraries and plug-ins in one held resource."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType

from sqlalchemy import Connection, Engine

from composer.config import Settings
from composer.decide import eligibility, signals
from composer.discover import discover
from composer.domain.belief import Beliefs
from composer.errors import UsageError
from composer.library import OpenLibrary, Sources, open_cache, open_library, read_sources
from composer.store.beliefs import load_beliefs
from composer.store.engine import connect
from composer.store.library_versions import load_sources
from composer.store.migrate import require_current


@dataclass
class App:
    """Everything a pipeline step needs. Open one per process with `open_app`; close it when done."""

    settings: Settings
    engine: Engine
    key: bytes
    """32 secret bytes: tokens, Message-IDs and address hashes hang on it."""
    _versions: dict[str, OpenLibrary] = field(default_factory=dict)

    @cached_property
    def rules(self) -> dict[str, ModuleType]:
        """Eligibility rules by file name."""
        return discover(eligibility)

    @cached_property
    def signals(self) -> dict[str, ModuleType]:
        """Signals by file name."""
        return discover(signals)

    def sources(self) -> Sources:
        """The library's files as they stand on disk now."""
        section = self.settings.library
        return read_sources(self.settings.path(section.modules), self.settings.path(section.templates))

    def library(self, sources: Sources | None = None) -> OpenLibrary:
        """The library of `sources` (default: the files as they stand), compiled once per version."""
        sources = sources or self.sources()
        if sources.version not in self._versions:
            self._versions[sources.version] = open_library(sources, open_cache(self.settings))
        return self._versions[sources.version]

    def frozen_library(self, db: Connection, version: str) -> OpenLibrary:
        """The library some edition was approved with."""
        if version not in self._versions:
            self._versions[version] = open_library(load_sources(db, version), open_cache(self.settings))
        return self._versions[version]

    def beliefs(self, db: Connection) -> Beliefs:
        return load_beliefs(db)

    def close(self) -> None:
        self.engine.dispose()


def key_file(settings: Settings) -> Path:
    """The secret key sits beside the SQLite file, or beside the configuration for other databases."""
    url = settings.database.url
    if url.startswith("sqlite:///"):
        return settings.path(Path(url.removeprefix("sqlite:///"))).with_name("secret.key")
    return settings.folder / "secret.key"


def make_key(file: Path) -> bytes:
    """Write a fresh key with mode 600 and return it; an existing key is kept."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(file)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32))
    return read_key(file)


def read_key(file: Path) -> bytes:
    """Read the key; UsageError where it is missing or damaged."""
    try:
        key = bytes.fromhex(file.read_text().strip())
    except FileNotFoundError:
        raise UsageError("no secret key", where=str(file), do="Run 'composer init' once; restore the key if there was one.") from None
    except ValueError:
        raise UsageError(
            "not a key: 64 hexadecimal digits expected",
            where=str(file),
            do="Restore the key from a backup; with a new one every link in sent letters is dead.",
        ) from None
    if len(key) != 32:
        raise UsageError(f"{len(key)} bytes instead of 32", where=str(file), do="Restore the key from a backup.")
    return key


def open_app(settings: Settings) -> App:
    """Open an initialised installation. UsageError where init or migrate has not been run."""
    engine = connect(settings.database.url, settings.folder)
    require_current(engine)
    return App(settings, engine, read_key(key_file(settings)))
