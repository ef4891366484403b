"""The interlock: one number that moves with every withdrawal and every halt, and which letters may not leave now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, PoolProxiedConnection, select
from sqlmodel import col

from composer.domain.campaign import CampaignState
from composer.domain.clock import find_zone
from composer.domain.consent import OPENS
from composer.domain.level import Level, level_in_force
from composer.domain.reasons import Skip
from composer.domain.spacing import too_soon
from composer.store._spacing import letters_beside
from composer.store.consents import SUPPRESSION_VERSION, granted, is_suppressed
from composer.store.engine import among
from composer.store.tables import CampaignRow, RecipientRow

_LOOK = f"SELECT value FROM marks WHERE name = '{SUPPRESSION_VERSION}'"  # noqa: S608 - a word of ours
LEVEL_LOWERED = "the personalisation level was lowered"
OPENS_WITHDRAWN = "the consent to counting opens was withdrawn"
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


def anybody_spaced(db: Connection, recipients: Sequence[int]) -> bool:
    """Whether one of them asked for fewer letters: what else is on its way to them then matters, as with a cap."""
    wishing = select(col(RecipientRow.number)).where(among(db, col(RecipientRow.number), recipients), col(RecipientRow.frequency) != "")
    return db.execute(wishing.limit(1)).first() is not None


class Waiting(NamedTuple):
    """A letter about to leave: to whom (and on what clock), of which campaign, for which list (the consent it needs), at which level."""

    recipient: int
    campaign: int
    list: str
    level: Level
    time_zone: str
    opens: bool = False
    """It holds the picture that counts opens."""


def objections(db: Connection, letters: Mapping[int, Waiting], now: datetime) -> dict[int, str]:
    """Outbox row -> why that letter may not leave; those without an objection are absent.

    One person may have several letters waiting, of different lists: each is judged on its own.
    """
    numbers = {letter.recipient for letter in letters.values()}
    columns = ("number", "address_key", "level", "erased_at", "restricted_at", "paused_until", "frequency")
    rows = db.execute(select(*(col(getattr(RecipientRow, name)) for name in columns)).where(among(db, col(RecipientRow.number), numbers)))
    people = {person.number: person for person in rows}
    consents = granted(db, sorted(numbers))
    suppressed = is_suppressed(db, [person.address_key for person in people.values()])
    running = select(col(CampaignRow.number)).where(col(CampaignRow.state) == CampaignState.scheduled.value)
    campaigns = set(db.execute(running).scalars())
    beside = letters_beside(db, {row: one.recipient for row, one in letters.items() if people[one.recipient].frequency}, now)
    found: dict[int, str] = {}
    for row, letter in letters.items():
        person = people[letter.recipient]
        purposes = consents.get(letter.recipient, frozenset())
        if person.erased_at is not None:
            found[row] = Skip.erased.value
        elif person.address_key in suppressed:
            found[row] = Skip.suppressed.value
        elif letter.list not in purposes:
            found[row] = Skip.no_consent.value
        elif person.restricted_at is not None:
            found[row] = Skip.restricted.value
        elif person.paused_until is not None and person.paused_until > now:
            found[row] = Skip.paused.value
        elif _too_soon(person.frequency, beside.get(row, ()), now, letter.time_zone):
            found[row] = Skip.fewer.value
        elif level_in_force(person.level, purposes) < letter.level:
            found[row] = LEVEL_LOWERED
        elif letter.opens and OPENS not in purposes:
            found[row] = OPENS_WITHDRAWN
        elif letter.campaign not in campaigns:
            found[row] = HALTED
    return found


def _too_soon(frequency: str, others: Iterable[int], now: datetime, time_zone: str) -> bool:
    clock = find_zone(time_zone)
    return any(too_soon(frequency, at, int(now.timestamp()), clock) for at in others)
