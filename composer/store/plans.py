"""Planned letters of an edition: begin, insert, finish, read back, cancel.

Two plans of one edition may run at the same time, and somebody may approve it meanwhile. Every step therefore locks the
edition's row and asks whether it is still this planner's to plan: the newest plan wins, the older one is refused whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update
from sqlmodel import col

from composer.domain.campaign import EditionState
from composer.domain.forecast import NO_AXES, Axes, load_axes
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Skip
from composer.errors import Refused
from composer.store.engine import tuples
from composer.store.tables import CampaignRow, EditionRow, OutboxRow, RecipientRow

WAITING = (OutboxState.planned.value, OutboxState.try_later.value)
ON_ITS_WAY = (*WAITING, OutboxState.sending.value)


@dataclass(frozen=True, slots=True)
class PlannedLetter:
    """One outbox row as planning reads it back: no `send_at` where planning skipped the recipient, no `decision` until it is frozen."""

    number: int
    recipient: int
    recipient_id: str
    state: str
    reason: str
    arm: str
    decision: str
    message_id: str
    frozen: bool
    send_at: datetime | None


class PlannedRow(NamedTuple):
    """What planning puts into the outbox for one recipient; times are whole seconds since 1970 UTC, as they are stored."""

    recipient: int
    state: str
    reason: str
    arm: str
    level: str
    message_id: str
    send_at: int | None
    due_at: int | None
    forecast: bytes | None


_FRESH = {"lease_owner": "''", "attempts": "0", "in_doubt": "0", "frozen": "false", "decision": "''"}


def begin_planning(db: Connection, edition: int, planner: str, axes: Axes = NO_AXES) -> None:
    """Empty an edition for a new plan with the campaign's settings of this moment; it may be broken off and repeated.

    Refused once it is approved.
    """
    _lock_unapproved(db, edition)
    of_it = col(CampaignRow.number) == col(EditionRow.campaign)
    fresh = {"planned_at": None, "planner": planner, "axes": axes.dump(), "audience": 0}
    given = {name: select(col(getattr(CampaignRow, name))).where(of_it).scalar_subquery() for name in ("settings", "version")}
    db.execute(update(EditionRow).where(col(EditionRow.number) == edition).values(fresh | given))
    db.execute(delete(OutboxRow).where(col(OutboxRow.edition) == edition))


def insert_planned(db: Connection, edition: int, planner: str, rows: Sequence[PlannedRow]) -> None:
    """Insert rows of a plan, one a recipient. Refused where the edition is not this planner's any more."""
    _lock_own(db, edition, planner)
    if rows:  # by the million: straight to the driver, which takes the tuples as they are
        mark = "?" if db.dialect.paramstyle == "qmark" else "%s"
        names = ", ".join(("edition", *PlannedRow._fields, *_FRESH))
        values = ", ".join((f"{edition:d}", *[mark] * len(PlannedRow._fields), *_FRESH.values()))
        db.exec_driver_sql(f"INSERT INTO outbox ({names}) VALUES ({values})", list(rows))  # noqa: S608  # all of it is ours


def finish_planning(db: Connection, edition: int, planner: str, library_version: str, now: datetime) -> None:
    """Note that the plan was carried to its end. Refused where the edition is not this planner's any more."""
    _lock_own(db, edition, planner)
    audience = select(func.count()).where(col(OutboxRow.edition) == edition).scalar_subquery()
    done = {"library_version": library_version, "planned_at": now, "planner": "", "audience": audience}
    db.execute(update(EditionRow).where(col(EditionRow.number) == edition).values(done))


def approve_plan(db: Connection, edition: int, library_version: str, now: datetime) -> None:
    """Let the edition's letters leave, with the library and settings they were planned from: from now on both stand.

    Refused where no such plan was carried to its end, or where the campaign has been edited since it began.
    """
    found = _lock_unapproved(db, edition)
    settings = db.execute(select(col(CampaignRow.settings)).where(col(CampaignRow.number) == found.campaign).with_for_update())
    if found.planned_at is None or found.library_version != library_version or found.settings != settings.scalar_one():
        raise Refused("the edition is being planned anew", where="campaign schedule", do="Schedule it again when that plan has ended.")
    db.execute(update(EditionRow).where(col(EditionRow.number) == edition).values(state=EditionState.approved.value, approved_at=now))


def _lock_own(db: Connection, edition: int, planner: str) -> None:
    if _lock_unapproved(db, edition).planner != planner:
        raise Refused("another plan of this edition has begun", where="plan", do="Let that one end; 'composer plan' shows it.")


def _lock_unapproved(db: Connection, edition: int) -> Any:
    """The edition's row, locked until the transaction ends. SQLite needs no word for it: its one writer holds the file."""
    columns = (
        EditionRow.state,
        EditionRow.planner,
        EditionRow.planned_at,
        EditionRow.library_version,
        EditionRow.settings,
        EditionRow.campaign,
    )
    found = db.execute(select(*map(col, columns)).where(col(EditionRow.number) == edition).with_for_update()).one()
    if found.state != EditionState.planned:
        raise Refused(f"the edition is {found.state}: its letters stand", where="plan", do="Plan the campaign's next edition.")
    return found


def is_planned(db: Connection, edition: int) -> bool:
    """Whether the edition's plan was carried to its end."""
    return db.execute(select(col(EditionRow.planned_at)).where(col(EditionRow.number) == edition)).scalar() is not None


def is_current(db: Connection, edition: int) -> bool:
    """Whether the edition was planned with the settings that its campaign has now."""
    same = (col(CampaignRow.number) == col(EditionRow.campaign)) & (col(CampaignRow.settings) == col(EditionRow.settings))
    return db.execute(select(col(EditionRow.number)).join(CampaignRow, same).where(col(EditionRow.number) == edition)).first() is not None


def _letters() -> Any:
    """A row of PlannedLetter."""
    return select(
        col(OutboxRow.number),
        col(OutboxRow.recipient),
        col(RecipientRow.recipient_id),
        col(OutboxRow.state),
        col(OutboxRow.reason),
        col(OutboxRow.arm),
        col(OutboxRow.decision),
        col(OutboxRow.message_id),
        col(OutboxRow.frozen),
        col(OutboxRow.send_at),
    ).join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))


def planned_letters(db: Connection, edition: int, page: int = 5_000) -> Iterator[list[PlannedLetter]]:
    """Read an edition's rows in the order of planning, a page at a time."""
    last = 0
    while True:
        rows = db.execute(
            _letters().where(col(OutboxRow.edition) == edition, col(OutboxRow.number) > last).order_by(col(OutboxRow.number)).limit(page)
        ).all()
        if not rows:
            return
        yield [PlannedLetter(*row) for row in rows]
        last = rows[-1][0]


def planned_letter(db: Connection, edition: int, recipient: int) -> PlannedLetter | None:
    """One recipient's row in an edition."""
    row = db.execute(_letters().where(col(OutboxRow.edition) == edition, col(OutboxRow.recipient) == recipient)).first()
    return None if row is None else PlannedLetter(*row)


def cancel_waiting(db: Connection, edition: int) -> int:
    """Skip every letter that has not been begun, and every one that waits for a retry; return how many.

    A letter in doubt is not tried again either: it stays unknown, for a person to resolve.
    """
    in_doubt = col(OutboxRow.state) == OutboxState.unknown.value
    db.execute(update(OutboxRow).where(col(OutboxRow.edition) == edition, in_doubt).values(due_at=None))
    done = db.execute(
        update(OutboxRow)
        .where(col(OutboxRow.edition) == edition, col(OutboxRow.state).in_(WAITING))
        .values(state=OutboxState.skipped.value, reason=Skip.cancelled.value, due_at=None)
    )
    return int(done.rowcount)


def state_counts(db: Connection, edition: int) -> dict[str, int]:
    """State -> letters."""
    rows = db.execute(select(col(OutboxRow.state), func.count()).where(col(OutboxRow.edition) == edition).group_by(col(OutboxRow.state)))
    return {state: int(n) for state, n in rows}


def planned_counts(db: Connection, edition: int) -> tuple[int, dict[str, int]]:
    """What the plan came to: how many letters, and reason -> recipients it skipped, whatever became of the letters since."""
    letters = select(func.count()).where(col(OutboxRow.edition) == edition, col(OutboxRow.send_at).is_not(None))
    skipped = select(col(OutboxRow.reason), func.count()).where(col(OutboxRow.edition) == edition, col(OutboxRow.send_at).is_(None))
    return int(db.execute(letters).scalar_one()), {reason: int(n) for reason, n in db.execute(skipped.group_by(col(OutboxRow.reason)))}


def planned_forecasts(db: Connection, edition: int, page: int = 20_000) -> Iterator[list[bytes]]:
    """What was foreseen for an edition's letters, a page at a time; who was skipped or erased is left out."""
    query = select(col(OutboxRow.forecast)).where(col(OutboxRow.edition) == edition, col(OutboxRow.forecast).is_not(None))
    cursor = tuples(db, query)
    while rows := cursor.fetchmany(page):
        yield [bytes(forecast) for (forecast,) in rows]


def planned_axes(db: Connection, edition: int) -> Axes:
    """What the numbers in an edition's forecasts stand for."""
    return load_axes(str(db.execute(select(col(EditionRow.axes)).where(col(EditionRow.number) == edition)).scalar_one()))
