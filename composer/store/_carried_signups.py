"""What a restore carries over of sign-ups: people who came since the backup, whom it silences no more, and mails under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlmodel import col

from composer.domain.event import SIGNED_UP
from composer.store.recipients import known_recipients
from composer.store.tables import RecipientRow, ServiceLetterRow, SuppressionRow

_PEOPLE: Any = RecipientRow.__table__  # type: ignore[attr-defined]
_LETTERS: Any = ServiceLetterRow.__table__  # type: ignore[attr-defined]
_SILENCED: Any = SuppressionRow.__table__  # type: ignore[attr-defined]

Letters = list[dict[str, Any]]
"""Rows of service letters, the person by recipient_id: row numbers belong to one database."""


def signed_up(db: Connection) -> list[dict[str, Any]]:
    """Everybody who came by a sign-up of their own, without row numbers."""
    theirs = _PEOPLE.c.recipient_id.startswith(SIGNED_UP, autoescape=True), _PEOPLE.c.erased_at.is_(None)
    rows = db.execute(select(*(column for column in _PEOPLE.c if column.name != "number")).where(*theirs).order_by(_PEOPLE.c.number))
    return [dict(row) for row in rows.mappings()]


def lift_again(db: Connection, suppressions: Sequence[dict[str, Any]]) -> None:
    """Let suppressions stand as they stood, ended ones too."""
    same = _SILENCED.c.address_key == bindparam("whose"), _SILENCED.c.reason == bindparam("why")
    stood: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("at", "lifted_at", "asked_at")}
    given = [{"whose": row["address_key"], "why": row["reason"], **{f"new_{name}": row[name] for name in stood}} for row in suppressions]
    if given:
        db.execute(update(_SILENCED).where(*same).values(stood), given)


def keep_letters(db: Connection) -> Letters | None:
    """Every service letter as it stands; None where this database knows nobody: it is a new one."""
    if not db.execute(select(func.count()).select_from(_PEOPLE)).scalar_one() and not db.execute(select(_LETTERS.c.number)).first():
        return None
    whose = select(*_LETTERS.c, col(RecipientRow.recipient_id)).outerjoin(RecipientRow, col(RecipientRow.number) == _LETTERS.c.recipient)
    return [dict(row) for row in db.execute(whose.order_by(_LETTERS.c.number)).mappings()]


def put_back_letters(db: Connection, letters: Letters | None) -> None:
    """Put them in place of the backup's, which would leave a second time. They keep their numbers: links hold these."""
    if letters is None:
        return
    db.execute(delete(_LETTERS))
    people = known_recipients(db)
    rows = [{**letter, "recipient": people.get(letter["recipient_id"])} for letter in letters]
    for row in rows:
        del row["recipient_id"]
    if rows:
        db.execute(insert(_LETTERS), rows)
