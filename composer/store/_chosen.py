"""What people chose on their own pages, carried over a restore: read from the present database, put into the restored one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, or_, select, update
from sqlmodel import col

from composer.store.tables import RecipientRow

_CHOSEN = ("level", "daypart", "topics", "chosen_at")
_RHYTHM = ("frequency", "paused_until")
_OWN = {"language": ("language",), "address": ("address", "address_key")}
"""What somebody set themselves (recipients.kept) -> its columns."""


def read_choices(db: Connection) -> dict[str, dict[str, Any]]:
    """recipient_id -> all that a person has set: choices, how often letters come, what was forgotten or restricted, what is theirs."""
    names = (*_CHOSEN, *_RHYTHM, "reset_at", "restricted_at", "kept", *(name for names in _OWN.values() for name in names))
    columns = [col(getattr(RecipientRow, name)) for name in names]
    set_by_them = or_(
        col(RecipientRow.chosen_at).is_not(None),
        col(RecipientRow.frequency) != "",
        col(RecipientRow.paused_until).is_not(None),
        col(RecipientRow.reset_at).is_not(None),
        col(RecipientRow.restricted_at).is_not(None),
        col(RecipientRow.kept) != "",
    )
    query = select(col(RecipientRow.recipient_id), *columns).where(set_by_them, col(RecipientRow.erased_at).is_(None))
    return {who: dict(zip(names, values, strict=True)) for who, *values in db.execute(query)}


def choose_again(db: Connection, choices: dict[str, dict[str, Any]]) -> int:
    """Put it into the restored rows, where it is newer than theirs; return for how many people."""
    found = 0
    for who, values in choices.items():
        theirs = col(RecipientRow.recipient_id) == who
        touched = 0
        if values["chosen_at"] is not None:
            older = or_(col(RecipientRow.chosen_at).is_(None), col(RecipientRow.chosen_at) < values["chosen_at"])
            touched += db.execute(update(RecipientRow).where(theirs, older).values(_some(values, _CHOSEN))).rowcount
        if values["reset_at"] is not None:
            older = or_(col(RecipientRow.reset_at).is_(None), col(RecipientRow.reset_at) < values["reset_at"])
            touched += db.execute(update(RecipientRow).where(theirs, older).values(reset_at=values["reset_at"])).rowcount
        carried = (*_RHYTHM, *(name for name in ("restricted_at", "kept") if values[name]))
        carried += tuple(name for word, names in _OWN.items() if word in values["kept"].split(",") for name in names)
        differs = or_(*(col(getattr(RecipientRow, name)).is_distinct_from(values[name]) for name in carried))
        touched += db.execute(update(RecipientRow).where(theirs, differs).values(_some(values, carried))).rowcount
        found += touched > 0
    return found


def _some(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in names}
