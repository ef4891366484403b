"""The wiring: settings, database, secret key, libraries and plug-ins in one held resource."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from composer.config import Settings
from composer.decide import eligibility, signals
from composer.discover import discover
from composer.domain.belief import Beliefs
from composer.domain.keys import Keys
from composer.errors import ComposerError, UsageError
from composer.library import OpenLibrary, Sources, open_cache, open_library, read_sources, stamp_of
from composer.store.beliefs import load_beliefs
from composer.store.engine import connect
from composer.store.key_file import load_keys, make_keys
from composer.store.library_versions import load_sources
from composer.store.migrate import require_current

if TYPE_CHECKING:
    from composer.render.dkim import Signer

SETTLED_SECONDS = 2.0


@dataclass
class App:
    """Everything a pipeline step needs. Open one per process with `open_app`; close it when done."""

    settings: Settings
    engine: Engine
    key: bytes
    """32 secret bytes that never change: address hashes and Message-IDs hang on them. Tokens are made and read with `keys`."""
    _versions: dict[str, OpenLibrary] = field(default_factory=dict)
    _unsound: set[str] = field(default_factory=set)
    _read: tuple[object, float, float, Sources] | None = None
    """The library's files: their stamp, when it was first seen, when they were read last, and what was read."""
    _ring: tuple[tuple[int, int], Keys] | None = None
    """The ring as it was read, with its file's time and inode."""

    @property
    def keys(self) -> Keys:
        """The keys that tokens are made and read with, as the file holds them now: a process that runs meets a rotated key at once."""
        file = key_file(self.settings)
        try:
            stat = file.stat()
        except OSError:
            return Keys(self.key) if self._ring is None else self._ring[1]
        state = (stat.st_mtime_ns, stat.st_ino)
        if self._ring is None or self._ring[0] != state:
            self._ring = (state, self._read_ring(file))
        return self._ring[1]

    def _read_ring(self, file: Path) -> Keys:
        """Read the ring. One that cannot be read, or is another installation's, takes no known key away."""
        known = Keys(self.key) if self._ring is None else self._ring[1]
        try:
            found = load_keys(file)
            return found if found.first == self.key else known
        except (UsageError, OSError) as error:
            from composer.logs import log  # so rare that no command should pay for it at its start

            log.error("keys_unreadable", error=str(error), instead="the keys known before")
            return known

    @cached_property
    def rules(self) -> dict[str, ModuleType]:
        """Eligibility rules by file name."""
        return discover(eligibility)

    @cached_property
    def signals(self) -> dict[str, ModuleType]:
        """Signals by file name."""
        return discover(signals)

    @cached_property
    def signers(self) -> tuple[Signer, ...]:
        """The DKIM keys that letters are signed with; empty where none is set."""
        return open_signers(self.settings)

    def sources(self) -> Sources:
        """The library's files as they stand on disk now; read again where a file's time, size or inode is another.

        What has stood for less than two seconds is read each time: a second change within one tick of the file system's clock
        would not show.
        """
        places = [self.settings.path(folder) for folder in (self.settings.library.modules, self.settings.library.templates)]
        stamp, now = stamp_of(*places), monotonic()
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, now, now, read_sources(*places))
        elif self._read[2] - self._read[1] < SETTLED_SECONDS:
            self._read = (stamp, self._read[1], now, read_sources(*places))
        return self._read[3]

    def library(self, sources: Sources | None = None) -> OpenLibrary:
        """The library of `sources` (default: the files as they stand), compiled once per version."""
        sources = sources or self.sources()
        if sources.version not in self._versions:
            self._versions[sources.version] = self._open(sources)
        return self._versions[sources.version]

    def frozen_library(self, db: Connection, version: str) -> OpenLibrary:
        """The library some edition was approved with."""
        if version not in self._versions:
            self._versions[version] = self._open(load_sources(db, version))
        return self._versions[version]

    def _open(self, sources: Sources) -> OpenLibrary:
        """Open a library and mark what is sensitive: today's word on it counts, whatever the version."""
        opened = open_library(sources, open_cache(self.settings))
        return replace(opened, library=replace(opened.library, private=frozenset(self.settings.privacy.sensitive)))

    def beliefs(self, db: Connection) -> Beliefs:
        """What is believed now. A belief that cannot be used is left out, so that what is shipped holds, and told of once."""
        return load_beliefs(db, unsound=self._tell_unsound)

    def _tell_unsound(self, error: ComposerError) -> None:
        if error.where in self._unsound:
            return
        from composer.logs import log  # so rare that no command should pay for it at its start

        self._unsound.add(error.where)
        log.warning("belief_unusable", belief=error.where.removeprefix("belief "), error=error.what, instead="what is shipped")

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
    return make_keys(file).first


def read_key(file: Path) -> bytes:
    """Read the key that address hashes hang on; UsageError where it is missing or damaged."""
    return load_keys(file).first


def open_signers(settings: Settings) -> tuple[Signer, ...]:
    """Read the configured DKIM keys, RSA first; UsageError for a missing or unfit key, and for a domain that is not the sender's."""
    section, sender = settings.dkim, settings.sender.address.rpartition("@")[2].lower()
    if not section.key_file:
        return ()
    from composer.render.dkim import Signer, load_key  # an eighth of a second that only letters with a signature need

    domain = section.domain or sender
    related = f".{sender}".endswith(f".{domain}") or f".{domain}".endswith(f".{sender}")
    if not related or ("." in sender and "." not in domain):  # "com" signs for nobody
        raise UsageError(
            f"'{domain}' is not the sender's domain",
            where="dkim.domain",
            do=f"Sign as {sender} or a domain above or below it: receivers count no other signature (DMARC, RFC 9989).",
        )
    if section.ed25519_key_file and section.ed25519_selector == section.selector:
        raise UsageError("is the RSA key's too", where="dkim.ed25519_selector", do="One name in DNS holds one key (RFC 6376, 3.6.2.2).")
    signers = []
    for setting, name, kind in (
        ("dkim.key_file", section.key_file, "rsa"),
        ("dkim.ed25519_key_file", section.ed25519_key_file, "ed25519"),
    ):
        if not name:
            continue
        file = settings.path(Path(name))
        try:
            key = load_key(file.read_bytes(), str(file))
        except OSError as error:
            raise UsageError(
                f"{file}: {error.strerror}", where=setting, do="Make the key with 'composer dkim key', or name a readable file."
            ) from None
        signer = Signer(domain, section.selector if kind == "rsa" else section.ed25519_selector, key)
        if signer.kind != kind:
            raise UsageError(f"holds an {signer.kind} key", where=str(file), do=f"Name a key of kind {kind} in {setting}.")
        signers.append(signer)
    return tuple(signers)


def require_return_path(settings: Settings) -> None:
    """UsageError where the return path's domain would fail DMARC: it must be the sender's or lie under it (SPF alignment)."""
    ours, sender = (address.rpartition("@")[2].lower() for address in (settings.inbound.address, settings.sender.address))
    if settings.inbound.address and not f".{ours}".endswith(f".{sender}"):
        raise UsageError(
            f"'{ours}' is not the sender's domain nor under it",
            where="inbound.address",
            do=f"Take bounces in at {sender} or at a domain like bounces.{sender}: SPF counts for no other (DMARC, RFC 9989).",
        )


def open_app(settings: Settings) -> App:
    """Open an initialised installation. UsageError where init or migrate has not been run, or where letters could not be signed."""
    engine = connect(settings.database.url, settings.folder)
    require_current(engine)
    require_return_path(settings)
    app = App(settings, engine, read_key(key_file(settings)))
    _ = app.signers  # better no start than a campaign that stops at its first letter
    return app
