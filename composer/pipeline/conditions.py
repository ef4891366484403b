"""Conditions as operators report them: what holds where, until when."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from composer.app import App
from composer.domain.condition import Condition
from composer.domain.content import Library
from composer.errors import Refused, UsageError
from composer.store.conditions import end_condition, load_conditions, people_in, report_condition
from composer.store.engine import reading, writing


def overview(app: App, now: datetime) -> list[dict[str, Any]]:
    """One row a condition that holds or will, with the modules that wait for it and the people it may concern."""
    library = app.library().library
    with reading(app.engine) as db:
        return [_row(one, library, people_in(db, one.region), now) for one in load_conditions(db, now)]


def report(app: App, condition: Condition, now: datetime) -> dict[str, Any]:
    """Report a condition, or give the one that is reported another end. UsageError where its name or times cannot be meant."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", condition.name):
        raise UsageError(
            f"'{condition.name}' is no name of a condition", where="condition set", do='Write small letters, digits and hyphens: "storm".'
        )
    if condition.until is not None and condition.until <= max(condition.since, now):
        raise UsageError("the condition would be over before it holds", where="--until", do="Give a later time.")
    library = app.library().library
    with writing(app.engine) as db:
        report_condition(db, condition, now)
        return _row(condition, library, people_in(db, condition.region), now)


def end(app: App, name: str, region: str | None, now: datetime) -> int:
    """End a condition, in one region or wherever it is reported; return how many ended. Refused where it is not reported."""
    with writing(app.engine) as db:
        ended = end_condition(db, name, region, now)
    if not ended:
        there = f" in {region}" if region else ""
        raise Refused(f"'{name}' is not reported{there}", where="condition end", do="'composer condition list' shows what is.")
    return ended


def _row(condition: Condition, library: Library, people: int, now: datetime) -> dict[str, Any]:
    return {
        "condition": condition.name,
        "region": condition.region,
        "since": condition.since,
        "until": condition.until,
        "holds": condition.since <= now,
        "people": people,
        "modules": [module.name for module in library.modules if module.when == condition.name],
    }
