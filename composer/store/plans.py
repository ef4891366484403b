"""Planned letters of an edition: begin, read back, cancel. Rows go in through store.outbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlmodel import col

from composer.domain.outcome import OutboxState
from composer.domain.reasons import Skip
from composer.store.tables import EditionRow, OutboxRow, RecipientRow

WAITING = (OutboxState.planned.value, OutboxState.try_later.value)


@dataclass(frozen=True, slots=True)
class PlannedLetter:
    """One outbox row as planning reads it back. `decision` is empty where the recipient is skipped."""

    number: int
    recipient_id: str
    state: str
    reason: str
    arm: str
    decision: str
    message_id: str
    frozen: bool


def begin_planning(db: Connection, edition: int) -> None:
    """Empty an edition that nobody has approved: planning starts from nothing and may be broken off and repeated."""
    db.execute(update(EditionRow).where(col(EditionRow.number) == edition).values(planned_at=None))
    db.execute(delete(OutboxRow).where(col(OutboxRow.edition) == edition))


def is_planned(db: Connection, edition: int) -> bool:
    """Whether the edition's plan was carried to its end."""
    return db.execute(select(col(EditionRow.planned_at)).where(col(EditionRow.number) == edition)).scalar() is not None


def _letters() -> Any:
    """A row of PlannedLetter."""
    return select(
        col(OutboxRow.number),
        col(RecipientRow.recipient_id),
        col(OutboxRow.state),
        col(OutboxRow.reason),
        col(OutboxRow.arm),
        col(OutboxRow.decision),
        col(OutboxRow.message_id),
        col(OutboxRow.frozen),
    ).join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))


def planned_letters(db: Connection, edition: int, page: int = 5_000) -> Iterator[PlannedLetter]:
    """Read an edition's rows in the order of planning, a page at a time."""
    last = 0
    while True:
        rows = db.execute(
            _letters().where(col(OutboxRow.edition) == edition, col(OutboxRow.number) > last).order_by(col(OutboxRow.number)).limit(page)
        ).all()
        if not rows:
            return
        for row in rows:
            yield PlannedLetter(*row)
        last = rows[-1][0]


def planned_letter(db: Connection, edition: int, recipient: int) -> PlannedLetter | None:
    """One recipient's row in an edition."""
    row = db.execute(_letters().where(col(OutboxRow.edition) == edition, col(OutboxRow.recipient) == recipient)).first()
    return None if row is None else PlannedLetter(*row)


def cancel_waiting(db: Connection, edition: int) -> int:
    """Skip every letter that has not been begun, and every one that waits for a retry; return how many."""
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
