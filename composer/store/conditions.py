"""Conditions: which hold or will, reporting one, ending one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update
from sqlmodel import col

from composer.domain.condition import Condition
from composer.store.condition_row import ConditionRow
from composer.store.engine import insert_into
from composer.store.tables import RecipientRow


def load_conditions(db: Connection, now: datetime) -> tuple[Condition, ...]:
    """Those that hold now or will, in the order of their names, regions and times."""
    columns = [col(getattr(ConditionRow, name)) for name in ("name", "region", "since", "until")]
    query = select(*columns).where(_not_over(now)).order_by(*columns[:3], col(ConditionRow.number))
    return tuple(Condition(*row) for row in db.execute(query))


def report_condition(db: Connection, condition: Condition, now: datetime) -> None:
    """Report a condition. Where it is reported already and not over, that report gets the new end, and the earlier beginning."""
    same = and_(col(ConditionRow.name) == condition.name, col(ConditionRow.region) == condition.region, _not_over(now))
    known = db.execute(select(func.min(col(ConditionRow.since))).where(same)).scalar()
    since = condition.since if known is None else min(condition.since, known)
    if known is None:
        db.execute(insert_into(db, ConditionRow).values(name=condition.name, region=condition.region, since=since, until=condition.until))
    else:
        db.execute(update(ConditionRow).where(same).values(since=since, until=condition.until))


def end_condition(db: Connection, name: str, region: str | None, now: datetime) -> int:
    """End a condition in one region, that for everywhere (an empty string) or all of its name (None); return how many ended."""
    wanted = and_(col(ConditionRow.name) == name, _not_over(now))
    if region is not None:
        wanted = and_(wanted, col(ConditionRow.region) == region)
    return db.execute(update(ConditionRow).where(wanted).values(until=now)).rowcount


def _not_over(now: datetime) -> ColumnElement[bool]:
    return or_(col(ConditionRow.until).is_(None), col(ConditionRow.until) > now)


def people_in(db: Connection, region: str) -> int:
    """How many people may be concerned: those known to be in the region, everybody where it is empty."""
    query = select(func.count()).select_from(RecipientRow).where(col(RecipientRow.erased_at).is_(None))
    return int(db.execute(query.where(col(RecipientRow.region) == region) if region else query).scalar_one())
