"""Answers to surveys: one for each person's letter and block, the newest; and what a campaign's readers answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from composer.domain.event import OWN_ID
from composer.domain.survey import Answer
from composer.store.events import save_events
from composer.store.tables import AnswerRow, EditionRow, OutboxRow
from composer.store.upsert import defaults, upsert

MOST_TEXTS = 1000
"""Texts that a report reads out, the newest."""


@dataclass(frozen=True, slots=True)
class Text:
    """Somebody's own words, without who it was."""

    answer: str
    asked: str
    text: str
    language: str


def answer_of(db: Connection, outbox: int, position: int) -> tuple[Answer, datetime] | None:
    """What was answered to the block at `position` of a letter, and when."""
    row = db.execute(
        select(col(AnswerRow.answer), col(AnswerRow.asked), col(AnswerRow.text), col(AnswerRow.answered_at)).where(
            col(AnswerRow.outbox) == outbox, col(AnswerRow.position) == position
        )
    ).first()
    return (Answer(row.answer, row.asked, row.text), row.answered_at) if row else None


def keep_answer(
    db: Connection, recipient: int, outbox: int, position: int, module: str, answer: Answer, language: str, now: datetime
) -> None:
    """Write an answer in place of the one before, and the event that tells of it."""
    row = {
        **defaults(AnswerRow),
        "recipient": recipient,
        "outbox": outbox,
        "position": position,
        "module": module,
        "answer": answer.answer,
        "asked": answer.asked,
        "text": answer.text,
        "language": language,
        "answered_at": now,
    }
    given = ("answer", "asked", "text", "language", "answered_at")
    upsert(db, AnswerRow, [row], ["outbox", "position"], given)
    event = {
        "event_id": f"{OWN_ID}survey-{outbox}-{position}",
        "recipient": recipient,
        "kind": "survey",
        "occurred_at": now,
        "module": module,
        "value": answer.answer,
        "outbox": outbox,
    }
    save_events(db, [event], ("occurred_at", "value"))


def answer_counts(db: Connection, campaign: int) -> list[tuple[str, str, int]]:
    """(module, answer, people) of a campaign's letters, by module and answer."""
    query = _of(campaign, col(AnswerRow.module), col(AnswerRow.answer), func.count())
    grouped = query.group_by(col(AnswerRow.module), col(AnswerRow.answer)).order_by(col(AnswerRow.module), col(AnswerRow.answer))
    return [(module, answer, int(count)) for module, answer, count in db.execute(grouped)]


def texts_of(db: Connection, campaign: int, module: str) -> Sequence[Text]:
    """What readers of a campaign wrote to a module's question, the newest first; MOST_TEXTS at most."""
    query = _of(campaign, col(AnswerRow.answer), col(AnswerRow.asked), col(AnswerRow.text), col(AnswerRow.language))
    written = query.where(col(AnswerRow.module) == module, col(AnswerRow.text) != "")
    newest = written.order_by(col(AnswerRow.answered_at).desc(), col(AnswerRow.number).desc()).limit(MOST_TEXTS)
    return [Text(*row) for row in db.execute(newest)]


def _of(campaign: int, *columns: Any) -> Any:
    return (
        select(*columns)
        .join(OutboxRow, col(OutboxRow.number) == col(AnswerRow.outbox))
        .join(EditionRow, col(EditionRow.number) == col(OutboxRow.edition))
        .where(col(EditionRow.campaign) == campaign)
    )
