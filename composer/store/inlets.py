"""How the ways in are doing: one mark for each, written by whoever keeps it and read by `composer check`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlmodel import col

from composer.store.marks import get_mark, set_mark
from composer.store.tables import MarkRow

INLET = "inlet:"


@dataclass(frozen=True, slots=True)
class Inlet:
    """`at` is when it was last tried, `error` what was wrong then (empty: nothing), `failures` how often in a row."""

    at: datetime
    error: str = ""
    failures: int = 0
    told: str = ""


def note_inlet(db: Connection, name: str, inlet: Inlet) -> None:
    set_mark(db, INLET + name, json.dumps(asdict(inlet) | {"at": inlet.at.isoformat()}))


def find_inlet(db: Connection, name: str) -> Inlet | None:
    """What was noted last, or None."""
    value = get_mark(db, INLET + name)
    return _read(value) if value else None


def inlets(db: Connection) -> dict[str, Inlet]:
    """Name -> what was noted last, of every way in that was ever tried."""
    name, value = col(MarkRow.name), col(MarkRow.value)
    rows = db.execute(select(name, value).where(name.startswith(INLET)).order_by(name)).all()
    return {str(row[0]).removeprefix(INLET): _read(row[1]) for row in rows}


def _read(value: str) -> Inlet:
    fields = json.loads(value)
    return Inlet(datetime.fromisoformat(fields["at"]), fields["error"], fields["failures"], fields["told"])
