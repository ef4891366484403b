"""The interlock: one number that moves with every withdrawal and every halt, and which letters may not leave now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, PoolProxiedConnection, select
from sqlmodel import col

from composer.domain.campaign import CampaignState
from composer.domain.level import Level, level_in_force
from composer.domain.reasons import Skip
from composer.store.consents import SUPPRESSION_VERSION, granted, is_suppressed
from composer.store.engine import among
from composer.store.tables import CampaignRow, RecipientRow

_LOOK = f"SELECT value FROM marks WHERE name = '{SUPPRESSION_VERSION}'"  # noqa: S608 - a word of ours
LEVEL_LOWERED = "the personalisation level was lowered"
HALTED = "the campaign was paused or cancelled"


class SuppressionWatch:
    """Reads the suppression version on a connection of its own, outside any transaction: each look sees what is committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = self._connect()

    def _connect(self) -> PoolProxiedConnection:
        connection = self._engine.raw_connection()
        driver: Any = connection.driver_connection
        connection.detach()  # the pool must not get it back: autocommit is ours
        if self._engine.dialect.name == "postgresql":
            driver.autocommit = True
        return connection

    def version(self) -> int:
        """What stands there now. A connection that the server closed is replaced: else no letter of the run could leave any more."""
        try:
            return self._look()
        except self._engine.dialect.loaded_dbapi.Error:
            closed, self._connection = self._connection, self._connect()
            closed.close()
            return self._look()

    def _look(self) -> int:
        cursor = self._connection.cursor()
        try:
            cursor.execute(_LOOK)
            row = cursor.fetchone()
        finally:
            cursor.close()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._connection.close()


class Waiting(NamedTuple):
    """A letter about to leave: to whom, of which campaign, for which list (the consent it needs), decided at which level."""

    recipient: int
    campaign: int
    list: str
    level: Level


def objections(db: Connection, letters: Mapping[int, Waiting]) -> dict[int, str]:
    """Outbox row -> why that letter may not leave; those without an objection are absent.

    One person may have several letters waiting, of different lists: each is judged on its own.
    """
    numbers = {letter.recipient for letter in letters.values()}
    rows = db.execute(
        select(col(RecipientRow.number), col(RecipientRow.address_key), col(RecipientRow.level), col(RecipientRow.erased_at)).where(
            among(db, col(RecipientRow.number), numbers)
        )
    ).all()
    people = {number: (key, chosen, erased_at) for number, key, chosen, erased_at in rows}
    consents = granted(db, sorted(numbers))
    suppressed = is_suppressed(db, [key for key, _, _ in people.values()])
    running = select(col(CampaignRow.number)).where(col(CampaignRow.state) == CampaignState.scheduled.value)
    campaigns = set(db.execute(running).scalars())
    found: dict[int, str] = {}
    for row, letter in letters.items():
        key, chosen, erased_at = people[letter.recipient]
        purposes = consents.get(letter.recipient, frozenset())
        if erased_at is not None:
            found[row] = Skip.erased.value
        elif key in suppressed:
            found[row] = Skip.suppressed.value
        elif letter.list not in purposes:
            found[row] = Skip.no_consent.value
        elif level_in_force(chosen, purposes) < letter.level:
            found[row] = LEVEL_LOWERED
        elif letter.campaign not in campaigns:
            found[row] = HALTED
    return found
