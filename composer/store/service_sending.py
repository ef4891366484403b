"""Service letters on their way: claimed under a lease, begun, settled. The outbox's way (store.outbox), one row at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update

from composer.dispatch.states import Standing
from composer.domain.outcome import OutboxState
from composer.domain.service_letter import ServiceLetter
from composer.store.consents import suppress
from composer.store.engine import own_clock
from composer.store.service_letter_row import ServiceLetterRow
from composer.store.service_letters import COLUMNS, letter_of

_TABLE: Any = ServiceLetterRow.__table__  # type: ignore[attr-defined]
_AT_REST = (OutboxState.planned.value, OutboxState.try_later.value, OutboxState.unknown.value)
_STANDING = (_TABLE.c.state, _TABLE.c.due_at, _TABLE.c.attempts, _TABLE.c.in_doubt, _TABLE.c.lost, _TABLE.c.digest, _TABLE.c.lease_owner)


class Waiting(NamedTuple):
    """A service letter and where it stands; `digest` is of the body that was begun, where one was."""

    letter: ServiceLetter
    standing: Standing
    digest: str
    owner: str
    """Whose lease it was before."""


def claim(db: Connection, now: datetime, limit: int, owner: str, lease: timedelta) -> list[Waiting]:
    """Take at most `limit` letters that are due, the longest due first; two workers never get the same one."""
    due = (
        select(_TABLE.c.number)
        .where(_TABLE.c.state.in_(_AT_REST), _TABLE.c.due_at <= now)
        .order_by(_TABLE.c.due_at, _TABLE.c.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = db.execute(select(*COLUMNS, *_STANDING).where(_TABLE.c.number.in_(due)).order_by(_TABLE.c.number)).all()
    held = {"state": OutboxState.sending.value, "lease_owner": owner, "lease_until": own_clock(db) + int(lease.total_seconds())}
    db.execute(update(_TABLE).where(_TABLE.c.number.in_([row.number for row in found])).values(held))
    return [_waiting(row) for row in found]


def lost_leases(db: Connection) -> list[Waiting]:
    """Letters whose sender let its lease run out."""
    lost = _TABLE.c.state == OutboxState.sending.value, _TABLE.c.lease_until <= own_clock(db)
    query = select(*COLUMNS, *_STANDING).where(*lost).order_by(_TABLE.c.number).with_for_update(skip_locked=True)
    return [_waiting(row) for row in db.execute(query)]


def begin(db: Connection, number: int, owner: str, digest: str) -> bool:
    """Note that a letter's body is about to leave; False where it is no longer ours."""
    ours = _TABLE.c.number == number, _TABLE.c.lease_owner == owner
    return bool(db.execute(update(_TABLE).where(*ours).values(in_doubt=_TABLE.c.in_doubt + 1, digest=digest)).rowcount)


def is_wanted(db: Connection, number: int) -> bool:
    """Tell whether a letter is still to be sent: it was neither taken back, nor forgotten with its person, nor answered."""
    return db.execute(select(_TABLE.c.number).where(_TABLE.c.number == number, _TABLE.c.done_at.is_(None))).first() is not None


def settle(db: Connection, number: int, owner: str, standing: Standing, now: datetime, *, dead_address: bool = False) -> None:
    """Write where a letter stands. One that somebody else holds by now keeps its standing, but an acceptance always counts."""
    accepted = standing.state is OutboxState.accepted
    ours = [_TABLE.c.state != OutboxState.accepted.value, *([] if accepted else [_TABLE.c.lease_owner == owner])]
    key = db.execute(
        update(_TABLE)
        .where(_TABLE.c.number == number, *ours)
        .values(
            state=standing.state.value,
            reason=standing.reason,
            due_at=standing.due_at,
            attempts=standing.attempts,
            in_doubt=standing.in_doubt,
            lost=standing.lost,
            accepted_at=now if accepted else None,
            lease_owner="",
            lease_until=None,
        )
        .returning(_TABLE.c.address_key)
    ).scalar()
    if dead_address and key:
        suppress(db, key, "bounce", now)


def count(db: Connection) -> dict[str, int]:
    """State -> service letters that stand there."""
    query = select(_TABLE.c.state, func.count()).group_by(_TABLE.c.state).order_by(_TABLE.c.state)
    return {str(state): int(letters) for state, letters in db.execute(query)}


def _waiting(row: Any) -> Waiting:
    standing = Standing(OutboxState(row.state), row.due_at, row.attempts, row.in_doubt, lost=row.lost)
    return Waiting(letter_of(row), standing, row.digest, row.lease_owner)
