"""The outbox: rows are claimed under a lease when due, and are read and resolved. store.plans puts them in.

A lease is measured by the database's own clock, never by a caller's: workers whose clocks differ, and commands whose
clock is fixed, still agree on who holds a letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select, union_all, update
from sqlmodel import col

from composer.domain.campaign import CampaignState, EditionState
from composer.domain.outcome import OutboxState
from composer.store.engine import among, own_clock
from composer.store.ready import Ready
from composer.store.tables import CampaignRow, EditionRow, OutboxRow, RecipientRow

_TABLE: Any = OutboxRow.__table__  # type: ignore[attr-defined]
CAPS = 0x63617073
"""PostgreSQL's advisory lock under which caps are judged: "caps" in ASCII."""
UNWRITTEN = "unwritten"
"""Stands for the digest of a body that may have begun just before its sender died."""
AT_REST = (OutboxState.planned.value, OutboxState.try_later.value, OutboxState.unknown.value)


class Claimed(NamedTuple):
    """A letter under our lease. `attempts`, `in_doubt` and `lost` are as they stood before."""

    number: int
    edition: int
    recipient: int
    attempts: int
    in_doubt: int
    lost: int
    digest: str
    frozen: bool
    decision: str
    message_id: str
    send_at: datetime
    due_at: datetime


_CLAIMED = [_TABLE.c[name] for name in Claimed._fields]


def claim(
    db: Connection, now: datetime, limit: int, owner: str, lease: timedelta, lost: tuple[int, int | None] = (0, None)
) -> list[Claimed]:
    """Take at most `limit` due letters of approved editions of running campaigns, the longest due first.

    Only letters with which `lost` [least, most] processes died are taken, those with the fewest first.
    Workers never wait for each other's rows and never get the same one: SQLite by the writer's lock, PostgreSQL by SKIP LOCKED.
    """
    least, most = lost
    suspicion = [_TABLE.c.lost >= least] if least else []
    suspicion += [_TABLE.c.lost <= most] if most is not None else []
    wanted = (
        select(_TABLE.c.number, _TABLE.c.due_at, _TABLE.c.lost)
        .join(EditionRow, col(EditionRow.number) == _TABLE.c.edition)
        .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        .where(
            col(EditionRow.state) == EditionState.approved.value,
            col(CampaignRow.state) == CampaignState.scheduled.value,
            _TABLE.c.due_at <= now,
            *suspicion,
        )
    )

    def longest_due(letters: Any, columns: Any) -> Any:
        return letters.order_by(*([columns.lost] if least else []), columns.due_at, columns.number).limit(limit)

    if db.dialect.name == "sqlite":
        # Each state as its index has it: asked for together, every letter that is due would be sorted at every claim.
        by_state = union_all(*(select(longest_due(wanted.where(_TABLE.c.state == state), _TABLE.c).subquery()) for state in AT_REST))
        found = by_state.subquery()
        due = longest_due(select(found.c.number), found.c).cte("due")
    else:
        due = longest_due(wanted.where(_TABLE.c.state.in_(AT_REST)), _TABLE.c).with_for_update(skip_locked=True, of=_TABLE).cte("due")
    taken = db.execute(
        update(_TABLE)
        .where(_TABLE.c.number.in_(select(due.c.number)))
        .values(state=OutboxState.sending.value, lease_owner=owner, lease_until=own_clock(db) + int(lease.total_seconds()))
        .returning(*_CLAIMED)
    )
    return sorted((Claimed(*row) for row in taken), key=lambda letter: (letter.due_at, letter.number))


def lost_leases(db: Connection, asking: str = "", limit: int = 10_000) -> list[Claimed]:
    """Letters whose sender let its lease run out: it died, and nobody knows how far it came.

    Never those of the sender that is asking: it lives, and a locked database or a clock that was put forward kept it from renewing.
    """
    rows = db.execute(
        select(*_CLAIMED)
        .where(_TABLE.c.state == OutboxState.sending.value, _TABLE.c.lease_until <= own_clock(db), _TABLE.c.lease_owner != asking)
        .order_by(_TABLE.c.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Claimed(*row) for row in rows]


def holds(db: Connection, owner: str) -> bool:
    """Whether any letter is under the lease of `owner`."""
    return (
        db.execute(
            select(_TABLE.c.number).where(_TABLE.c.state == OutboxState.sending.value, _TABLE.c.lease_owner == owner).limit(1)
        ).first()
        is not None
    )


def lock_caps(db: Connection) -> None:
    """Let nobody else judge frequency caps, or how far apart letters lie, until this transaction ends.

    Two workers that claim two campaigns at once would each miss what the other is about to send to the same person. SQLite
    has one writer anyway; on PostgreSQL claims of capped campaigns take turns, while sending goes on. Locking recipients
    instead would wait for imports, and end in a deadlock with one that touches the same people in another order.
    """
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(CAPS)))


def mark_unwritten(db: Connection, numbers: Sequence[int]) -> None:
    """Note that bodies of these letters may have begun without a word on disk: what they were frozen as stands."""
    db.execute(update(_TABLE).where(among(db, _TABLE.c.number, numbers), _TABLE.c.digest == "").values(digest=UNWRITTEN))


def forget_digests(db: Connection, numbers: Sequence[int]) -> None:
    """Let letters in doubt leave with other bytes than those that may be out: a person has said so."""
    db.execute(update(_TABLE).where(among(db, _TABLE.c.number, numbers)).values(digest=""))


def under_way(db: Connection) -> int:
    """Letters that some sender holds, or held when it died."""
    return int(db.execute(select(func.count()).select_from(_TABLE).where(_TABLE.c.state == OutboxState.sending.value)).scalar_one())


def renew_leases(db: Connection, owner: str, lease: timedelta) -> None:
    """Keep everything `owner` holds for another term."""
    db.execute(
        update(_TABLE)
        .where(_TABLE.c.state == OutboxState.sending.value, _TABLE.c.lease_owner == owner)
        .values(lease_until=own_clock(db) + int(lease.total_seconds()))
    )


def freeze(db: Connection, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Note what letters are about to leave as: (number, decision, arm, level) each. What is in doubt leaves so again."""
    _FROZEN.run(db, rows)


_FROZEN = Ready(
    ("row", "chosen", "branch", "at_level"),
    lambda _: (
        update(_TABLE)
        .where(_TABLE.c.number == bindparam("row"))
        .values(decision=bindparam("chosen"), arm=bindparam("branch"), level=bindparam("at_level"), digest="", frozen=True)
    ),
)


class Listed(NamedTuple):
    """One row as `outbox list` shows it."""

    number: int
    recipient: str
    campaign: str
    edition: datetime
    state: str
    message_id: str
    send_at: datetime | None
    due_at: datetime | None
    attempts: int
    reason: str
    accepted_at: datetime | None


def _listed(campaign: str | None, state: str | None) -> Select[Any]:
    query = (
        select(
            _TABLE.c.number,
            col(RecipientRow.recipient_id),
            col(CampaignRow.name),
            col(EditionRow.scheduled),
            _TABLE.c.state,
            _TABLE.c.message_id,
            _TABLE.c.send_at,
            _TABLE.c.due_at,
            _TABLE.c.attempts,
            _TABLE.c.reason,
            _TABLE.c.accepted_at,
        )
        .join(EditionRow, col(EditionRow.number) == _TABLE.c.edition)
        .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        .join(RecipientRow, col(RecipientRow.number) == _TABLE.c.recipient)
        .order_by(_TABLE.c.number)
    )
    if campaign is not None:
        query = query.where(col(CampaignRow.name) == campaign)
    return query if state is None else query.where(_TABLE.c.state == state)


def list_rows(db: Connection, campaign: str | None = None, state: str | None = None, page: int = 5_000) -> Iterator[Listed]:
    """Rows in order of planning, of one campaign and in one state where given."""
    query, last = _listed(campaign, state), 0
    while rows := db.execute(query.where(_TABLE.c.number > last).limit(page)).all():
        yield from (Listed(*row) for row in rows)
        last = rows[-1][0]


def unresolved(db: Connection, campaign: str | None = None) -> list[Claimed]:
    """Letters that wait for a person: unknown, with no attempt to come."""
    named = select(col(EditionRow.number)).join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
    query = select(*_CLAIMED).where(_TABLE.c.state == OutboxState.unknown.value, _TABLE.c.due_at.is_(None)).order_by(_TABLE.c.number)
    if campaign is not None:
        query = query.where(_TABLE.c.edition.in_(named.where(col(CampaignRow.name) == campaign)))
    return [Claimed(*row) for row in db.execute(query)]


def reopen(db: Connection, editions: Sequence[int]) -> list[int]:
    """Let letters of finished editions leave again; return the campaigns these belong to. None is finished until this transaction ends."""
    wanted = select(col(EditionRow.number)).where(among(db, col(EditionRow.number), editions)).order_by(col(EditionRow.number))
    db.execute(wanted.with_for_update()).all()
    finished = among(db, col(EditionRow.number), editions) & (col(EditionRow.state) == EditionState.finished.value)
    opened = update(EditionRow).where(finished).values(state=EditionState.approved.value).returning(col(EditionRow.campaign))
    return sorted(set(db.execute(opened).scalars()))


def without_waiting(db: Connection) -> list[int]:
    """Approved editions in which nothing waits any more, of campaigns that are not paused; locked until the transaction ends."""
    waits = select(_TABLE.c.number).where(
        _TABLE.c.edition == col(EditionRow.number),
        _TABLE.c.state.in_((OutboxState.planned.value, OutboxState.sending.value, OutboxState.try_later.value))
        | ((_TABLE.c.state == OutboxState.unknown.value) & _TABLE.c.due_at.is_not(None)),
    )
    moving = (CampaignState.scheduled.value, CampaignState.cancelled.value)
    found = (
        select(col(EditionRow.number))
        .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        .where(col(EditionRow.state) == EditionState.approved.value, col(CampaignRow.state).in_(moving), ~waits.exists())
        .order_by(col(EditionRow.number))
    )
    locked: Any = db.execute(found.with_for_update(of=EditionRow.__table__)).scalars().all()  # type: ignore[attr-defined]
    # Asked again under the lock: while it was waited for, a person may have let a letter leave once more.
    numbers: Any = db.execute(found.where(among(db, col(EditionRow.number), locked))).scalars() if locked else ()
    return list(numbers)
