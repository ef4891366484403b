"""Bring the database's schema to this version, and refuse to work on any other.

Migrations are one line of files, `migrations/versions/NNNN_what.py`, and the revision is NNNN: so the check at
every start reads one row and a folder, without loading Alembic. A migration happens whole or not at all.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from composer.errors import ComposerError, UsageError
from composer.store.engine import connection, in_words, place, reading

FOLDER = Path(__file__).parent / "migrations"
_UNCHANGED = "Nothing was changed. Mend what it names, or restore a backup, and try again."
_LOCK = 7_305_130_412
"""Any fixed number: PostgreSQL's advisory lock that keeps two upgrades apart."""


def revisions() -> list[str]:
    """All revisions this version knows, oldest first."""
    return sorted(file.stem.split("_")[0] for file in (FOLDER / "versions").glob("[0-9]*_*.py"))


def revision(engine: Engine) -> str:
    """The database's revision; empty where it has no tables of ours."""
    with reading(engine) as db:
        return _revision(db)


def _revision(db: Connection) -> str:
    if not inspect(db).has_table("alembic_version"):
        return ""
    return str(db.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def require_current(engine: Engine) -> None:
    """Raise UsageError unless the database has exactly this version's schema."""
    found = revision(engine)
    if found == revisions()[-1]:
        return
    where = place(engine)
    if not found:
        raise UsageError("the database is empty", where=where, do="Run 'composer init' once.")
    _refuse_newer(found, where)
    raise UsageError("the database is from an older version", where=where, do="Run 'composer migrate'.")


def upgrade(engine: Engine) -> str:
    """Migrate to this version's schema and return its revision. Safe to repeat, and to run twice at the same time.

    SQLite's foreign keys are off meanwhile (a table that is copied would take its children along) and checked before
    the commit.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    with connection(engine, composer_writes=True) as db:
        on_sqlite = db.dialect.name == "sqlite"
        if on_sqlite:
            db.connection.cursor().execute("PRAGMA foreign_keys = OFF").close()
        try:
            with db.begin():
                if not on_sqlite:
                    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                _refuse_newer(_revision(db), place(engine))
                config.attributes["connection"] = db
                try:
                    command.upgrade(config, "head")
                except DBAPIError as error:
                    raise ComposerError(f"the migration failed: {in_words(error)}", where=place(engine), do=_UNCHANGED) from error
                if on_sqlite and db.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise ComposerError("the migration would leave rows without their parents", where=place(engine), do=_UNCHANGED)
        finally:
            if on_sqlite:
                db.connection.cursor().execute("PRAGMA foreign_keys = ON").close()
    return revisions()[-1]


def _refuse_newer(found: str, where: str) -> None:
    if found and found not in revisions():
        raise UsageError(
            f"the database is from a newer version (revision {found})",
            where=where,
            do=f"Install the newer Composer; this one knows revisions up to {revisions()[-1]}.",
        )
