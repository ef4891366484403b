"""The opt-out interlock: one number that moves with every withdrawal, and who may not be written to now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlmodel import col

from composer.domain.consent import CLICKS, PROFILING
from composer.domain.level import Level, effective
from composer.domain.reasons import Skip
from composer.store.consents import granted, is_suppressed
from composer.store.engine import among
from composer.store.tables import RecipientRow

LEVEL_LOWERED = "the personalisation level was lowered"


class SuppressionWatch:
    """Reads the suppression version on a connection of its own, outside any transaction: each look sees what is committed."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.raw_connection()
        driver: Any = self._connection.driver_connection
        self._connection.detach()  # the pool must not get it back: autocommit is ours
        if engine.dialect.name == "postgresql":
            driver.autocommit = True

    def version(self) -> int:
        cursor = self._connection.cursor()
        try:
            cursor.execute("SELECT value FROM marks WHERE name = 'suppression_version'")
            row = cursor.fetchone()
        finally:
            cursor.close()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._connection.close()


def objections(db: Connection, letters: Mapping[int, tuple[str, Level]]) -> dict[int, str]:
    """Recipient -> why their letter may not leave; those without an objection are absent.

    `letters` tells each recipient's list (the consent it needs) and the level the letter was decided at.
    """
    rows = db.execute(
        select(col(RecipientRow.number), col(RecipientRow.address_key), col(RecipientRow.level), col(RecipientRow.erased_at)).where(
            among(db, col(RecipientRow.number), letters)
        )
    ).all()
    consents = granted(db, list(letters))
    people = {number: (key, chosen, erased_at) for number, key, chosen, erased_at in rows}
    suppressed = is_suppressed(db, [key for key, _, _ in people.values()])
    found: dict[int, str] = {}
    for number, (wanted, level) in letters.items():
        if number not in people:
            continue
        key, chosen, erased_at = people[number]
        purposes = consents.get(number, frozenset())
        now = effective(Level.__members__.get(chosen, Level.premium), profiling=PROFILING in purposes, clicks=CLICKS in purposes)
        if erased_at is not None:
            found[number] = Skip.erased.value
        elif key in suppressed:
            found[number] = Skip.suppressed.value
        elif wanted not in purposes:
            found[number] = Skip.no_consent.value
        elif now < level:
            found[number] = LEVEL_LOWERED
    return found
