"""Wishes: what people asked for more or less of, written, taken back and read; and as a column of the Audience."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, select
from sqlmodel import col

from composer.domain.asked import Ask, Asked, asked_of
from composer.domain.audience import Array
from composer.domain.content import Library
from composer.store._rows import Rows
from composer.store.engine import insert_into
from composer.store.tables import AskedRow


def keep_wish(db: Connection, recipient: int, wish: Asked) -> None:
    """Write a wish in place of what the person asked of the same module before. It is their newest."""
    take_back(db, recipient, wish.module)
    said = {"ask": wish.ask.value, "about": json.dumps(wish.about), "asked_at": wish.at}
    row = insert_into(db, AskedRow).values(recipient=recipient, module=wish.module, **said)
    # Pressed twice at the same moment, the later press finds no row to take back and the earlier one's in its way.
    db.execute(row.on_conflict_do_update(index_elements=["recipient", "module"], set_=said))


def take_back(db: Connection, recipient: int, module: str) -> bool:
    """Delete what the person asked of a module; False where they asked nothing of it."""
    gone = db.execute(delete(AskedRow).where(col(AskedRow.recipient) == recipient, col(AskedRow.module) == module))
    return bool(gone.rowcount)


def wishes_of(db: Connection, recipient: int) -> list[Asked]:
    """What a person has asked for, the oldest first."""
    return _wishes(db, col(AskedRow.recipient) == recipient).get(recipient, [])


def read_asked(db: Connection, library: Library, rows: Rows) -> Array:
    """int8[R, M]: the Audience's column `asked`."""
    wishes = _wishes(db, rows.hold(db, col(AskedRow.recipient)))
    found: Array = np.zeros((len(rows), len(library.modules)), dtype=np.int8)
    for r, number in zip(rows.find(np.array(list(wishes), dtype=np.int64)).tolist(), wishes, strict=True):
        if r >= 0:
            found[r] = asked_of(wishes[number], library)
    return found


def _wishes(db: Connection, where: Any) -> dict[int, list[Asked]]:
    query = select(col(AskedRow.recipient), col(AskedRow.module), col(AskedRow.ask), col(AskedRow.about), col(AskedRow.asked_at))
    found: defaultdict[int, list[Asked]] = defaultdict(list)
    for number, module, ask, about, at in db.execute(query.where(where).order_by(col(AskedRow.number))):
        found[number].append(Asked(module, Ask(ask), _interests(about), at))
    return found


def _interests(about: str) -> tuple[str, ...]:
    interests: Sequence[str] = json.loads(about)
    return tuple(interests)
