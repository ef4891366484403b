"""Migrations: whole or not at all, once, and to exactly what tables.py says."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

import composer.store.tables  # noqa: F401  # fills SQLModel.metadata
from composer.errors import ComposerError, UsageError
from composer.store.engine import connect, reading, writing
from composer.store.migrate import FOLDER, require_current, revision, revisions, upgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    url = "sqlite:///empty.db" if request.param == "sqlite" else request.getfixturevalue("empty_postgres")
    engine = connect(url, tmp_path)
    yield engine
    engine.dispose()


def test_a_migrated_database_is_what_the_tables_say(engine: Engine) -> None:
    with reading(engine) as db:
        assert compare_metadata(MigrationContext.configure(db), SQLModel.metadata) == []


def test_upgrading_twice_is_upgrading_once(empty: Engine) -> None:
    assert revision(empty) == ""
    assert upgrade(empty) == upgrade(empty) == revision(empty) == revisions()[-1]
    require_current(empty)


def test_two_upgrades_at_once_make_one_schema(empty: Engine) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(upgrade, [empty, empty])) == [revisions()[-1]] * 2


def test_a_migration_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    with writing(empty) as db:
        db.execute(text("CREATE TABLE orders (mine INTEGER)"))
    with pytest.raises(ComposerError, match="the migration failed"):
        upgrade(empty)
    with reading(empty) as db:
        assert inspect(db).get_table_names() == ["orders"]


def test_an_empty_database_is_not_worked_on(empty: Engine) -> None:
    with pytest.raises(UsageError, match="empty"):
        require_current(empty)


def test_a_database_from_a_newer_version_is_neither_used_nor_migrated(engine: Engine) -> None:
    with writing(engine) as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer version"):
        require_current(engine)
    with pytest.raises(UsageError, match="newer version"):
        upgrade(engine)


def test_an_older_database_asks_for_migrate(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.store.migrate.revisions", lambda: [*revisions(), "9999"])
    with pytest.raises(UsageError, match="composer migrate"):
        require_current(engine)


def test_what_an_earlier_version_learnt_on_another_scale_is_forgotten_and_the_rest_is_kept(empty: Engine) -> None:
    """Version 0001 kept one strength for all interests, and weights of other signals: read today they would break every decision."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with writing(empty) as db:
        config.attributes["connection"] = db
        command.upgrade(config, "0001")
        for name in ("affinity", "scorer", "popularity"):
            db.execute(text("INSERT INTO beliefs (name, value, learnt_at) VALUES (:name, :value, 0)"), {"name": name, "value": "{}"})
    upgrade(empty)
    with reading(empty) as db:
        assert [row[0] for row in db.execute(text("SELECT name FROM beliefs"))] == ["popularity"]
