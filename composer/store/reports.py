"""Counts for reports and checks: plain GROUP BYs, no opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, distinct, func, select
from sqlmodel import col

from composer.domain.outcome import OutboxState
from composer.domain.reasons import Source
from composer.store.tables import EditionRow, EventRow, ImpressionRow, OutboxRow, RecipientRow


@dataclass(frozen=True, slots=True)
class ModuleCount:
    """A module over all accepted letters of a campaign."""

    module: str
    shown: int
    clicked: int
    explored: int


@dataclass(frozen=True, slots=True)
class ArmCount:
    """Accepted letters of one arm and level: letters, clicks, squared clicks per letter."""

    arm: str
    level: str
    letters: int
    clicks: int
    squares: int


def outbox_counts(db: Connection, campaign: int) -> list[tuple[str, str, int]]:
    """(state, reason, letters) over all editions of a campaign."""
    rows = db.execute(
        select(col(OutboxRow.state), col(OutboxRow.reason), func.count())
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(col(EditionRow.campaign) == campaign)
        .group_by(col(OutboxRow.state), col(OutboxRow.reason))
        .order_by(col(OutboxRow.state), col(OutboxRow.reason))
    )
    return [(state, reason, int(n)) for state, reason, n in rows]


def arm_counts(db: Connection, campaign: int, edition: int | None = None) -> list[ArmCount]:
    """Clicks per accepted letter by arm and level; of one edition where given."""
    clicks = func.count(col(ImpressionRow.clicked_at))
    letters: Any = (
        select(
            col(OutboxRow.number).label("letter"),
            col(OutboxRow.arm).label("arm"),
            col(OutboxRow.level).label("level"),
            clicks.label("clicks"),
        )
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .outerjoin(ImpressionRow, col(ImpressionRow.outbox) == col(OutboxRow.number))
        .where(col(EditionRow.campaign) == campaign, col(OutboxRow.state) == OutboxState.accepted.value)
        .group_by(col(OutboxRow.number), col(OutboxRow.arm), col(OutboxRow.level))
    )
    if edition is not None:
        letters = letters.where(col(OutboxRow.edition) == edition)
    each = letters.subquery()
    rows = db.execute(
        select(
            each.c.arm,
            each.c.level,
            func.count(),
            func.sum(each.c.clicks),
            func.sum(each.c.clicks * each.c.clicks),
        )
        .group_by(each.c.arm, each.c.level)
        .order_by(each.c.arm, each.c.level)
    )
    return [ArmCount(arm, level, int(n), int(c), int(squares)) for arm, level, n, c, squares in rows]


def module_counts(db: Connection, campaign: int) -> list[ModuleCount]:
    """How often each module was shown, clicked, and shown as a try-out; most clicked share first."""
    explored = func.sum(case((col(ImpressionRow.source) == Source.explored.value, 1), else_=0))
    rows = db.execute(
        select(col(ImpressionRow.module), func.count(), func.count(col(ImpressionRow.clicked_at)), explored)
        .join(OutboxRow, col(OutboxRow.number) == col(ImpressionRow.outbox))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(col(EditionRow.campaign) == campaign)
        .group_by(col(ImpressionRow.module))
    )
    counts = [ModuleCount(module, int(shown), int(clicked), int(tried)) for module, shown, clicked, tried in rows]
    return sorted(counts, key=lambda count: (-count.clicked / count.shown, count.module))


def event_counts(db: Connection, campaign: int) -> dict[str, int]:
    """Event kind -> events about this campaign's letters."""
    rows = db.execute(
        select(col(EventRow.kind), func.count())
        .join(OutboxRow, col(OutboxRow.number) == col(EventRow.outbox))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(col(EditionRow.campaign) == campaign)
        .group_by(col(EventRow.kind))
        .order_by(col(EventRow.kind))
    )
    return {kind: int(n) for kind, n in rows}


@dataclass(frozen=True, slots=True)
class EditionCount:
    """What adding up an edition needs: rows by state, and how many accepted letters left impressions."""

    edition: int
    states: dict[str, int]
    accepted_with_impressions: int


def edition_counts(db: Connection) -> list[EditionCount]:
    """Every edition's states and impressions."""
    states: dict[int, dict[str, int]] = {}
    for edition, state, n in db.execute(
        select(col(OutboxRow.edition), col(OutboxRow.state), func.count()).group_by(col(OutboxRow.edition), col(OutboxRow.state))
    ):
        states.setdefault(edition, {})[state] = int(n)
    shown = {
        edition: int(n)
        for edition, n in db.execute(
            select(col(OutboxRow.edition), func.count(distinct(col(ImpressionRow.outbox))))
            .join(ImpressionRow, col(ImpressionRow.outbox) == col(OutboxRow.number))
            .where(col(OutboxRow.state) == OutboxState.accepted.value)
            .group_by(col(OutboxRow.edition))
        )
    }
    numbers: Any = db.execute(select(col(EditionRow.number)).order_by(col(EditionRow.number))).scalars()
    return [EditionCount(number, states.get(number, {}), shown.get(number, 0)) for number in numbers]


@dataclass(frozen=True, slots=True)
class Shown:
    """One block of an accepted letter."""

    impression: int
    outbox: int
    recipient_id: str
    module: str
    position: int
    message_id: str


def shown_since(db: Connection, impression: int) -> list[Shown]:
    """The blocks of letters accepted after the given impression number, in order of acceptance."""
    rows: Any = db.execute(
        select(
            col(ImpressionRow.number),
            col(ImpressionRow.outbox),
            col(RecipientRow.recipient_id),
            col(ImpressionRow.module),
            col(ImpressionRow.position),
            col(OutboxRow.message_id),
        )
        .join(RecipientRow, col(RecipientRow.number) == col(ImpressionRow.recipient))
        .join(OutboxRow, col(OutboxRow.number) == col(ImpressionRow.outbox))
        .where(col(ImpressionRow.number) > impression)
        .order_by(col(ImpressionRow.number))
    )
    return [Shown(*row) for row in rows]
