"""Backup to one file while everything runs, and restore without forgetting what people said since.

The file is a zip: the SQLite database as one consistent copy, the secret keys that its hashes and the links in sent
letters hang on, and a manifest. Whoever holds the file holds the key: it is made with mode 600.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, MetaData, delete, insert, select
from sqlmodel import SQLModel, col

from composer.domain.keys import Keys, read_keys, write_keys
from composer.domain.tokens import Key
from composer.errors import ComposerError, Refused
from composer.store._carried import attached, keep_sent, put_back_sent, say_again, what_was_said
from composer.store._carried_signups import keep_letters, put_back_letters
from composer.store.engine import among, connect, sqlite_file, writing
from composer.store.key_file import load_keys, save_keys
from composer.store.migrate import upgrade
from composer.store.privacy import erase
from composer.store.scrub import scrub_all
from composer.store.tables import RecipientRow

FORMAT = 1
_DATABASE, _KEY, _MANIFEST = "composer.db", "secret.key", "manifest.json"
UNFINISHED = ".backup-"
"""Folders that begin so hold a backup that is being made; one that a killed process left is whole people."""


@dataclass(frozen=True, slots=True)
class Restored:
    """When the backup was made, and how much of what the present database knew was kept."""

    made_at: str
    suppressions: int = 0
    consents: int = 0
    erasures: int = 0
    choices: int = 0


def backup(engine: Engine, key: Key, file: Path, now: datetime) -> None:
    """Write the backup to `file`, over an older one only when it is complete. Refused for databases other than SQLite.

    `key` is the ring, or the one key of an installation that never changed it.
    """
    _only_sqlite(engine, "Use pg_dump, and keep secret.key with it.")
    with _beside(file) as folder:
        copy = folder / _DATABASE
        with closing(sqlite3.connect(sqlite_file(engine), isolation_level=None)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        _pack(copy, Keys(key) if isinstance(key, bytes) else key, now.isoformat(), file)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A folder for what is not whole yet, on the disk where it will be. ComposerError where it cannot be written."""
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=UNFINISHED) as folder:
            yield Path(folder)
    except OSError as error:
        raise ComposerError(
            f"cannot write it ({error.strerror})", where=str(file), do="Name a file in a folder you may write to."
        ) from None


def _pack(copy: Path, keys: Keys, made_at: str, file: Path) -> None:
    """Put database, keys and manifest in place of `file`, whole or not at all."""
    packed = copy.with_name("backup.zip")
    packed.touch(mode=0o600)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr(_MANIFEST, json.dumps({"format": FORMAT, "made_at": made_at}))
        out.writestr(_KEY, write_keys(keys))
        out.write(copy, _DATABASE)
    with packed.open("rb") as done:
        os.fsync(done.fileno())
    packed.replace(file)


def made_at(file: Path) -> str | None:
    """When a backup says that it was made; None for what is no backup (any more)."""
    try:
        with zipfile.ZipFile(file) as packed:
            return str(json.loads(packed.read(_MANIFEST))["made_at"])
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError):
        return None


def erase_in(file: Path, key: bytes, erased: Mapping[str, datetime]) -> int:
    """Erase in a backup whoever was erased after it was made, by address key -> when; return how many people.

    The file is replaced when the new one is whole, and says the same time as before. Raises ComposerError for what is no backup of
    this installation.
    """
    with _beside(file) as folder:
        at, old = _unpack(file, folder)
        made = datetime.fromisoformat(at)
        if old.first != key:
            raise ComposerError("the backup belongs to another installation", where=str(file), do="Erase in it where it belongs.")
        copy = connect(f"sqlite:///{_DATABASE}", folder)
        try:
            upgrade(copy)
            with writing(copy) as db:
                known = select(col(RecipientRow.number), col(RecipientRow.address_key)).where(
                    among(db, col(RecipientRow.address_key), [one for one, when in erased.items() if when >= made])
                )
                people = [(int(number or 0), erased[address]) for number, address in db.execute(known)]
                for number, when in people:
                    erase(db, number, key, when)
            scrub_all(copy)
        finally:
            copy.dispose()
        if people:
            _pack(folder / _DATABASE, old, at, file)
    return len(people)


def restore(engine: Engine, key: bytes | None, key_file: Path, file: Path) -> Restored:
    """Put the backup in place of the present database, in one transaction, and return what was kept.

    What people said since the backup stands: suppressions, withdrawals, their own words and choices, erasures;
    and letters that have left stay sent. `key` is the present installation's; where it is None the
    backup's are written to `key_file`. Token keys of either are kept there: links of either's letters stay readable.
    Raises ComposerError for a file that is no backup, Refused where its key is another installation's.
    """
    _only_sqlite(engine, "Use pg_restore; then import the unsubscribes since, or let nobody be written to.")
    with tempfile.TemporaryDirectory(dir=sqlite_file(engine).absolute().parent, prefix=UNFINISHED) as folder:
        made_at, old = _unpack(file, Path(folder))
        if key is not None and key != old.first:
            raise Refused(
                "the backup belongs to another installation: its secret key differs",
                where=str(file),
                do="Move the present database and secret.key away to restore without what they know.",
            )
        copy = connect(f"sqlite:///{_DATABASE}", Path(folder))
        try:
            upgrade(copy)
        finally:
            copy.dispose()
        upgrade(engine)
        if key is None:
            save_keys(key_file, old)
        elif old.later:
            save_keys(key_file, old.joined(load_keys(key_file)))
        return _replace(engine, Path(folder) / _DATABASE, old.first, made_at)


def _only_sqlite(engine: Engine, do: str) -> None:
    if engine.dialect.name != "sqlite":
        raise Refused("the database is not SQLite and has its own tools", where="database.url", do=do)


def _unpack(file: Path, folder: Path) -> tuple[str, Keys]:
    """Put the database into `folder` and return when it was made, and its keys."""
    made_at, keys, whole = "", Keys(b""), False
    advice = "Nothing was changed. Name a file made by 'composer backup'."
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = json.loads(packed.read(_MANIFEST))
            made_at, keys = str(manifest["made_at"]), read_keys(packed.read(_KEY).decode())
            packed.extract(_DATABASE, folder)
        with closing(sqlite3.connect(folder / _DATABASE)) as db:
            whole = manifest["format"] == FORMAT and db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except FileNotFoundError:
        raise ComposerError("no such file", where=str(file), do=advice) from None
    except (PermissionError, IsADirectoryError) as error:
        raise ComposerError(f"cannot read it ({error.strerror})", where=str(file), do=advice) from None
    except (zipfile.BadZipFile, zlib.error, sqlite3.DatabaseError, KeyError, TypeError, ValueError, EOFError, OSError):
        pass
    if not whole:
        raise ComposerError("not a whole backup of Composer", where=str(file), do=advice)
    return made_at, keys


def _replace(engine: Engine, copy: Path, key: bytes, made_at: str) -> Restored:
    with attached(engine, copy) as db:
        said = what_was_said(db)
        keep_sent(db)
        letters = keep_letters(db)
        for table in reversed(SQLModel.metadata.sorted_tables):
            db.execute(delete(table))
        for table in SQLModel.metadata.sorted_tables:
            names = [column.name for column in table.columns]
            old = table.to_metadata(MetaData(), schema="restored")
            db.execute(insert(table).from_select(names, select(*(old.c[name] for name in names))))
        counts = say_again(db, said, key)
        put_back_sent(db)
        put_back_letters(db, letters)
        return Restored(made_at, *counts)
