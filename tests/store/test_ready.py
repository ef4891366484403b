"""Statements made ready write what SQLAlchemy itself writes: constants, times and the order of values included."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, bindparam, insert, select, update

from composer.store.engine import insert_for, reading, writing
from composer.store.ready import Ready
from composer.store.tables import SuppressionRow

TABLE = SuppressionRow.__table__  # type: ignore[attr-defined]
AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 6, 0, 0, 999_999, tzinfo=UTC)


def written(engine: Engine) -> list[tuple[object, ...]]:
    with reading(engine) as db:
        return [tuple(row) for row in db.execute(select(TABLE.c.address_key, TABLE.c.reason, TABLE.c.at).order_by(TABLE.c.address_key))]


def test_rows_are_written_as_by_sqlalchemy(engine: Engine) -> None:
    keep = Ready(("at", "reason", "address_key"), lambda dialect: insert_for(dialect, SuppressionRow).on_conflict_do_nothing())
    with writing(engine) as db:
        keep.run(db, [])
        keep.run(db, [(AT, "bounce", "a"), (LATER, "complaint", "b")])
        db.execute(insert(TABLE), [{"at": LATER, "reason": "complaint", "address_key": "c"}])
    a, b, c = written(engine)
    assert a == ("a", "bounce", AT)
    assert b[1:] == c[1:] == ("complaint", LATER.replace(microsecond=0))


def test_constants_stand_beside_what_rows_give(engine: Engine) -> None:
    build = lambda _: (  # noqa: E731 - as it is written in the store
        update(TABLE).where(TABLE.c.address_key == bindparam("key"), TABLE.c.reason != "kept").values(at=LATER, reason=bindparam("why"))
    )
    moved = Ready(("why", "key"), build)
    with writing(engine) as db:
        db.execute(
            insert(TABLE), [{"at": AT, "reason": reason, "address_key": key} for key, reason in (("a", "x"), ("b", "kept"), ("c", "x"))]
        )
        moved.run(db, [("moved", "a"), ("moved", "b"), ("again", "c")])
    assert written(engine) == [
        ("a", "moved", LATER.replace(microsecond=0)),
        ("b", "kept", AT),
        ("c", "again", LATER.replace(microsecond=0)),
    ]
