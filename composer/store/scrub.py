"""What erasure leaves in the database's files, and its removal.

SQLite: deleted rows stay in the write-ahead log until it is cut off, and `secure_delete` overwrites what is deleted but not the
copies that stay behind where a page was rebalanced (measured with 3.40: one erased person in a hundred could still be read in the
file). So after every erasure the log is cut off and the file is looked through; where a word is found the file is written anew.
PostgreSQL: what is deleted stays in its files until VACUUM FULL, in its log and in your archives of it for as long as you keep them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, select
from sqlmodel import col

from composer.domain.outcome import OutboxState
from composer.store.engine import sqlite_file, writing
from composer.store.marks import get_mark, set_mark
from composer.store.tables import OutboxRow

DUE = "scrub"
PATIENCE_SECONDS = 2.0
"""How long readers are waited for: a page is answered meanwhile, and the next round of tidying tries again."""
AT_ONCE = 256 << 20
"""Bytes of a database that is written anew while somebody waits for the answer: a second. Nobody else can write meanwhile."""
LATEST = timedelta(days=1)
_CHUNK = 1 << 20


def scrub(engine: Engine, words: Iterable[str], now: datetime) -> bool:
    """Take the last traces out of the files; True where none of `words` is left.

    A mark says that the file is still to be written anew, for what no list of words would find: `scrub_due`, `scrub_all`.
    """
    if engine.dialect.name != "sqlite":
        return False
    sought = [word.encode() for word in words]
    clean = _cut_log(engine) and not found_in(files_of(engine), sought)
    if not clean and sqlite_file(engine).stat().st_size <= AT_ONCE and scrub_all(engine):
        return True
    with writing(engine) as db:
        set_mark(db, DUE, get_mark(db, DUE) or now.isoformat())
    return clean


def scrub_due(engine: Engine, db: Connection, now: datetime) -> bool:
    """Whether some erasure's traces may still be there and it is quiet: nothing is being sent, or it was not quiet for a day."""
    since = get_mark(db, DUE) if engine.dialect.name == "sqlite" else None
    busy = select(col(OutboxRow.number)).where(col(OutboxRow.state) == OutboxState.sending.value).limit(1)
    return bool(since) and (now - datetime.fromisoformat(str(since)) > LATEST or db.execute(busy).first() is None)


def scrub_all(engine: Engine) -> bool:
    """Write the whole file anew: what no list of words would find is gone, too. True where it was done."""
    done = _write_anew(engine)
    if done:
        with writing(engine) as db:
            set_mark(db, DUE, "")
    return done


def files_of(engine: Engine) -> list[Path]:
    """The database and what lies beside it."""
    file = sqlite_file(engine)
    return [found for found in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-journal")) if found.exists()]


def found_in(files: Iterable[Path], words: list[bytes]) -> bool:
    """Whether any of the files holds any of the words; read a megabyte at a time."""
    longest = max(map(len, words), default=1) - 1
    for file in files:
        with file.open("rb") as opened:
            before = b""
            while chunk := opened.read(_CHUNK):
                both = before + chunk
                if any(word in both for word in words):
                    return True
                before = both[-longest:] if longest else b""
    return False


def _cut_log(engine: Engine) -> bool:
    """Fold the write-ahead log into the database and cut it to nothing; False where readers held it too long."""
    try:
        with closing(_alone(engine)) as db:
            busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
    except sqlite3.OperationalError:  # the rows are gone all the same: whoever asked must not be told that nothing was changed
        return False


def _write_anew(engine: Engine) -> bool:
    try:
        with closing(_alone(engine)) as db:
            db.execute("VACUUM")
    except sqlite3.OperationalError:  # somebody else writes: later
        return False
    return _cut_log(engine)


def _alone(engine: Engine) -> sqlite3.Connection:
    """A connection beside the pool: it waits only so long, and its copy for VACUUM goes to disk and not into memory."""
    return sqlite3.connect(sqlite_file(engine), isolation_level=None, timeout=PATIENCE_SECONDS)
