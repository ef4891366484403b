"""Counts for reports and checks: plain GROUP BYs, no opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, distinct, func, select
from sqlmodel import col

from composer.domain.event import SOFT_BOUNCE
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Source
from composer.store.tables import EditionRow, EventRow, ImpressionRow, OutboxRow, RecipientRow


@dataclass(frozen=True, slots=True)
class VariantCount:
    """A module in one variant, with the call of one stage (empty: its own)."""

    variant: str
    call: str
    shown: int
    clicked: int


@dataclass(frozen=True, slots=True)
class ModuleCount:
    """A module over all accepted letters of a campaign."""

    module: str
    shown: int
    clicked: int
    explored: int
    variants: tuple[VariantCount, ...]
    """Most shown first."""


@dataclass(frozen=True, slots=True)
class WordCount:
    """Letters that had a choice of tone or opening (`axis`), by what they got, and those in which something was clicked."""

    axis: str
    word: str
    letters: int
    clicked: int


@dataclass(frozen=True, slots=True)
class ArmCount:
    """Accepted letters of one arm and level: those a machine read, and of the others sums over people (see learn.uplift.ArmSum)."""

    arm: str
    level: str
    by_machine: int
    people: int
    letters: int
    clicks: int
    letters_squared: int
    letters_clicks: int
    clicks_squared: int


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


def arm_counts(db: Connection, campaign: int, scanned: int, edition: int | None = None) -> list[ArmCount]:
    """People, letters and clicks of accepted letters by arm and level; of one edition where given.

    Letters of at least `scanned` blocks of which every one was followed were read by a machine: they are counted apart.
    """
    letter: Any = (
        select(
            col(OutboxRow.recipient).label("recipient"),
            col(OutboxRow.arm).label("arm"),
            col(OutboxRow.level).label("level"),
            func.count(col(ImpressionRow.number)).label("blocks"),
            func.count(col(ImpressionRow.clicked_at)).label("clicks"),
        )
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .outerjoin(ImpressionRow, col(ImpressionRow.outbox) == col(OutboxRow.number))
        .where(col(EditionRow.campaign) == campaign, col(OutboxRow.state) == OutboxState.accepted.value)
        .group_by(col(OutboxRow.number), col(OutboxRow.recipient), col(OutboxRow.arm), col(OutboxRow.level))
    )
    if edition is not None:
        letter = letter.where(col(OutboxRow.edition) == edition)
    one = letter.subquery()
    machine = and_(one.c.blocks >= scanned, one.c.clicks == one.c.blocks)
    person = (
        select(
            one.c.arm,
            one.c.level,
            func.sum(case((machine, 1), else_=0)).label("by_machine"),
            func.sum(case((machine, 0), else_=1)).label("letters"),
            func.sum(case((machine, 0), else_=one.c.clicks)).label("clicks"),
        )
        .group_by(one.c.recipient, one.c.arm, one.c.level)
        .subquery()
    )
    letters, clicks = person.c.letters, person.c.clicks
    rows = db.execute(
        select(
            person.c.arm,
            person.c.level,
            func.sum(person.c.by_machine),
            func.sum(case((letters > 0, 1), else_=0)),
            *(func.sum(term) for term in (letters, clicks, letters * letters, letters * clicks, clicks * clicks)),
        )
        .group_by(person.c.arm, person.c.level)
        .order_by(person.c.arm, person.c.level)
    )
    return [ArmCount(arm, level, *map(int, sums)) for arm, level, *sums in rows]


def module_counts(db: Connection, campaign: int) -> list[ModuleCount]:
    """How often each module was shown, clicked, and shown as a try-out; most clicked share first."""
    explored = func.sum(case((col(ImpressionRow.source) == Source.explored.value, 1), else_=0))
    words = (col(ImpressionRow.module), col(ImpressionRow.variant), col(ImpressionRow.call))
    rows = db.execute(
        select(*words, func.count(), func.count(col(ImpressionRow.clicked_at)), explored)
        .join(OutboxRow, col(OutboxRow.number) == col(ImpressionRow.outbox))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(col(EditionRow.campaign) == campaign)
        .group_by(*words)
        .order_by(*words)
    )
    found: dict[str, list[tuple[VariantCount, int]]] = {}
    for module, variant, call, shown, clicked, tried in rows:
        found.setdefault(module, []).append((VariantCount(variant, call, int(shown), int(clicked)), int(tried)))
    counts = [
        ModuleCount(
            module,
            sum(one.shown for one, _ in each),
            sum(one.clicked for one, _ in each),
            sum(tried for _, tried in each),
            tuple(sorted((one for one, _ in each), key=lambda one: -one.shown)),
        )
        for module, each in found.items()
    ]
    return sorted(counts, key=lambda count: (-count.clicked / count.shown, count.module))


def word_counts(db: Connection, campaign: int) -> list[WordCount]:
    """Tones and openings of the letters that had a choice (chance below 1: people whose clicks may be measured).

    The shares tell what happened and compare nothing: words go to those they suit. What they are worth, learn.voice estimates.
    """
    counts = []
    for axis, word, chance in (
        ("tone", col(ImpressionRow.tone), col(ImpressionRow.tone_probability)),
        ("opening", col(ImpressionRow.opening), col(ImpressionRow.opening_probability)),
    ):
        letters = (
            select(word.label("word"), func.count(col(ImpressionRow.clicked_at)).label("clicks"))
            .join(OutboxRow, col(OutboxRow.number) == col(ImpressionRow.outbox))
            .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
            .where(col(EditionRow.campaign) == campaign, chance < 1)
            .group_by(col(ImpressionRow.outbox), word)
            .subquery()
        )
        clicked = func.sum(case((letters.c.clicks > 0, 1), else_=0))
        rows = db.execute(select(letters.c.word, func.count(), clicked).group_by(letters.c.word).order_by(letters.c.word))
        counts += [WordCount(axis, name, int(n), int(answered)) for name, n, answered in rows]
    return counts


def bounced_later(db: Connection, campaign: int) -> dict[str, int]:
    """Accepted letters of which a bounce came back afterwards, by how bad it was: hard, soft. A letter counts once, as its worst."""
    soft = func.min(case((col(EventRow.value).startswith(SOFT_BOUNCE), 1), else_=0)).label("soft")
    letters = (
        select(col(EventRow.outbox), soft)
        .join(OutboxRow, col(OutboxRow.number) == col(EventRow.outbox))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(col(EditionRow.campaign) == campaign, col(EventRow.kind) == "bounced", col(OutboxRow.state) == OutboxState.accepted.value)
        .group_by(col(EventRow.outbox))
        .subquery()
    )
    counts = {bool(one): int(n) for one, n in db.execute(select(letters.c.soft, func.count()).group_by(letters.c.soft))}
    return {"hard": counts.get(False, 0), "soft": counts.get(True, 0)}


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
class ShownLetter:
    """An accepted letter: its frozen decision (see store.decisions), and whose it is."""

    outbox: int
    recipient_id: str
    message_id: str
    decision: str


def shown_since(db: Connection, impression: int) -> tuple[list[ShownLetter], int]:
    """The letters with blocks shown after the given impression number, by recipient, and the newest impression's number."""
    newest = db.execute(select(func.max(col(ImpressionRow.number)))).scalar() or 0
    rows: Any = db.execute(
        select(col(OutboxRow.number), col(RecipientRow.recipient_id), col(OutboxRow.message_id), col(OutboxRow.decision))
        .join(RecipientRow, col(RecipientRow.number) == col(OutboxRow.recipient))
        .where(
            col(OutboxRow.number).in_(select(col(ImpressionRow.outbox)).where(col(ImpressionRow.number) > impression)),
            col(OutboxRow.decision) != "",
        )
        .order_by(col(RecipientRow.recipient_id), col(OutboxRow.number))
    )
    return [ShownLetter(*row) for row in rows], int(newest)
