"""Open the database; every reading and every writing is one transaction, and this file says of what kind.

SQLite: WAL with synchronous FULL, and BEGIN is ours (the driver's own starts too late): writers take the lock at
once with BEGIN IMMEDIATE, so two of them wait for each other instead of failing half-way. PostgreSQL: readers
see one snapshot; writers are READ COMMITTED and lock rows where they must (SKIP LOCKED in outbox.py).
"""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, ColumnElement, Connection, Engine, cast, column, create_engine, event, extract, func, literal, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.types import BigInteger, String
from sqlmodel import SQLModel

from composer.errors import ComposerError, UsageError

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one: an import holds the lock for its whole file."""
_LOOK_MS = 3
_GATES: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_GATES_LOCK = threading.Lock()
_PAGES, _FEW_PAGES = -65536, -8192
"""Kibibytes of pages that a connection keeps: what plans and imports walk through, and what delivery does, hour after hour."""
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"cache_size = {_PAGES}",
    "temp_store = MEMORY",
    "secure_delete = ON",
)  # what is erased is overwritten
_FORM = "Write sqlite:///var/composer.db or postgresql://USER:PASSWORD@HOST/NAME."


def connect(url: str, folder: Path) -> Engine:
    """Return the engine for `url`; relative SQLite paths start at `folder`. Nothing is read or written yet.

    Raises UsageError for a URL we cannot use or a driver that is not installed.
    """
    try:
        parsed = make_url(url)
        family = parsed.get_backend_name()
    except ArgumentError:
        raise UsageError("not a database URL", where="database.url", do=_FORM) from None
    if family == "sqlite":
        return _sqlite(parsed, folder)
    if family == "postgresql":
        return _postgresql(parsed)
    raise UsageError(f"no such database: {family}", where="database.url", do=_FORM)


def sqlite_file(engine: Engine) -> Path:
    """The file of a SQLite engine. Raises UsageError for other databases."""
    if engine.dialect.name != "sqlite":
        raise UsageError("this is not a SQLite database", where="database.url", do="Use the tools of the database server.")
    return Path(str(engine.url.database))


def _sqlite(url: URL, folder: Path) -> Engine:
    if not url.database or url.database == ":memory:":
        raise UsageError("a SQLite database needs a file", where="database.url", do=_FORM)
    file = folder / url.database
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make its folder ({error.strerror})", where=str(file), do="Name a folder you may write to.") from None
    # The connection used last is used again: the pages it holds are those that are needed.
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}, "hide_parameters": True, "pool_use_lifo": True}
    engine = create_engine(URL.create("sqlite", database=str(file)), **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(db: Connection) -> None:
        options = db.get_execution_options()
        pages = _FEW_PAGES if options.get("composer_spares") else _PAGES
        if db.info.setdefault("pages", _PAGES) != pages:
            db.exec_driver_sql(f"PRAGMA cache_size = {pages}")
            db.info["pages"] = pages
        if options.get("composer_writes"):
            _begin_writing(db)
        else:
            db.exec_driver_sql("BEGIN")

    return engine


def _begin_writing(db: Connection) -> None:
    """Take the writer's lock, looking for it every few milliseconds.

    SQLite's own waiting looks ever more rarely, a tenth of a second apart at last: whoever opts out would lose to a sender
    that comes for the lock again and again.
    """
    until = time.monotonic() + BUSY_SECONDS
    db.exec_driver_sql(f"PRAGMA busy_timeout = {_LOOK_MS}")
    try:
        while True:
            try:
                db.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                code = getattr(error.orig, "sqlite_errorcode", 0)
                if code & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
    finally:
        db.exec_driver_sql(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


def _postgresql(url: URL) -> Engine:
    if importlib.util.find_spec("psycopg") is None:
        raise UsageError("the driver psycopg is not installed", where="database.url", do="Install composer[postgres].")
    # A connection that the server closed meanwhile is replaced before it is used. Values stay out of error texts.
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)


class DatabaseTrouble(ComposerError):
    """The database cannot be opened, is locked, full or gone: what was begun is undone and may be tried again."""


def place(engine: Engine) -> str:
    """Where the database is, without user and password."""
    return f"{engine.url.host or 'localhost'}/{engine.url.database}" if engine.dialect.name == "postgresql" else str(engine.url.database)


def in_words(error: Exception) -> str:
    """The first line of what the driver says; later lines may hold values."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


@contextmanager
def connection(engine: Engine, **options: Any) -> Iterator[Connection]:
    """A connection whose transactions the caller begins; trouble with the database becomes DatabaseTrouble."""
    try:
        db = engine.connect()
    except (DBAPIError, sqlite3.DatabaseError) as error:
        raise DatabaseTrouble(
            f"cannot open the database: {in_words(error)}", where=place(engine), do="See that it is a database and that you may use it."
        ) from None
    with db:
        try:
            yield db.execution_options(**options)
        except OperationalError as error:
            raise DatabaseTrouble(
                f"the database says: {in_words(error)}",
                where=place(engine),
                do="This step was undone. See that the disk has room and that nothing else holds it, then try again.",
            ) from error


@contextmanager
def reading(engine: Engine, *, spares: bool = False) -> Iterator[Connection]:
    """One snapshot, in which writing fails; rolled back at the end. `spares`: it keeps few pages in memory."""
    if engine.dialect.name == "postgresql":
        with connection(engine, isolation_level="REPEATABLE READ", postgresql_readonly=True) as db, db.begin() as transaction:
            yield db
            transaction.rollback()
        return
    with connection(engine, composer_spares=spares) as db:
        db.connection.cursor().execute("PRAGMA query_only = ON").close()
        try:
            with db.begin() as transaction:
                yield db
                transaction.rollback()
        finally:
            if not db.invalidated:
                db.connection.cursor().execute("PRAGMA query_only = OFF").close()


@contextmanager
def writing(engine: Engine, *, spares: bool = False) -> Iterator[Connection]:
    """One transaction, committed at the end; an exception, or `db.rollback()`, undoes it all. `spares`: it keeps few pages in memory."""
    with _turn(engine), connection(engine, composer_writes=True, composer_spares=spares) as db, db.begin():
        yield db


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Let the threads of this process come to SQLite's one lock in turns: eight that all look for it keep each other from working.

    Who waits in vain goes on and is told by the database.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    with _GATES_LOCK:
        gate = _GATES.setdefault(engine, threading.Lock())
    ours = gate.acquire(timeout=BUSY_SECONDS)
    try:
        yield
    finally:
        if ours:
            gate.release()


def own_clock(db: Connection) -> ColumnElement[int]:
    """SQL: the database's own clock in epoch seconds, by which leases are measured."""
    if db.dialect.name == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()), BigInteger)
    return func.unixepoch()


def insert_into(db: Connection, table: type[SQLModel]) -> Any:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`, which both databases spell alike; it counts its rows."""
    return insert_for(db.dialect.name, table)


def insert_for(dialect: str, table: type[SQLModel]) -> Any:
    """The same for a database by its name."""
    rows = table.__table__  # type: ignore[attr-defined]
    insert = postgresql.insert(rows) if dialect == "postgresql" else sqlite.insert(rows)
    return insert.execution_options(preserve_rowcount=True)


def tuples(db: Connection, query: Any) -> Any:
    """The driver's own rows of `query`, without conversion (an Instant is its seconds): for columns by the million."""
    return db.execute(query).cursor


def among(db: Connection, where: Any, values: Iterable[int] | Iterable[str]) -> ColumnElement[bool]:
    """`where` IN `values`, for any number of values and as one parameter."""
    wanted = list(values)
    if db.dialect.name == "postgresql":
        kind = BigInteger if isinstance(where.type, BigInteger) else String
        return where == func.any(literal(wanted, postgresql.ARRAY(kind)))  # type: ignore[no-any-return]
    listed = func.json_each(json.dumps(wanted)).table_valued(column("value"))
    return where.in_(select(listed.c.value))  # type: ignore[no-any-return]
