"""Logged letters: frozen decisions with what was clicked, straight into columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, select
from sqlmodel import col

from composer.domain.audience import Array, Codes
from composer.domain.level import Level, level_in_force
from composer.domain.logged import Logged, LoggedLetters
from composer.domain.outcome import OutboxState
from composer.store.consents import granted
from composer.store.engine import among, tuples
from composer.store.tables import EditionRow, ImpressionRow, OutboxRow, RecipientRow

MOST_LETTERS = 100_000
"""Newest letters that are read: beyond, an interval hardly narrows."""
STEPS = 2**16
PAGE = 2_000

UNREADABLE = "clicks that may not be read"
UNEXPLORED = "without exploration"
UNLOGGED = "decided before everything needed was logged"
OLDER = "older than the newest that are read"


@dataclass(frozen=True, slots=True)
class _Row:
    """One letter. `shown` are columns: a place, or `-1 - place in the pool`."""

    recipient: int
    epsilon: float
    base: list[str]
    pool: list[str]
    open: list[bool]
    shown: list[int]
    clicked: list[bool]
    signals: tuple[str, ...]
    steps: Array
    role: str
    stage: str
    layout: str


def load_logged(db: Connection, campaign: int | None = None, since: datetime | None = None) -> Logged:
    """Return accepted letters of a campaign (by row number), or of all, from `since` on, by everybody's level of this second.

    Only letters at level premium count, to people whose clicks may still be read: elsewhere nobody knows what was clicked.
    """
    left_out: Counter[str] = Counter()
    rows: list[_Row] = []
    for page in _pages(db, _accepted(campaign, since)):
        readable = _readable(db, {row[1] for row in page})
        clicks = _clicks(db, [row[0] for row in page if row[1] in readable])
        for number, recipient, level, decision in page:
            if len(rows) >= MOST_LETTERS:
                left_out[OLDER] += 1
            elif level != Level.premium.name or recipient not in readable or not decision:
                left_out[UNREADABLE] += 1
            elif isinstance(found := _read(recipient, orjson.loads(decision), clicks.get(number, set())), str):
                left_out[found] += 1
            else:
                rows.append(found)
    return Logged(
        _columns(rows), Codes.of([r.role for r in rows]), Codes.of([r.stage for r in rows]), Codes.of([r.layout for r in rows]), left_out
    )


def _accepted(campaign: int | None, since: datetime | None) -> Any:
    table = OutboxRow
    query: Any = select(col(table.number), col(table.recipient), col(table.level), col(table.decision)).where(
        col(table.state) == OutboxState.accepted.value, col(table.frozen)
    )
    if campaign is not None:
        query = query.join(EditionRow, col(EditionRow.number) == col(table.edition)).where(col(EditionRow.campaign) == campaign)
    return query if since is None else query.where(col(table.accepted_at) >= since)


def _pages(db: Connection, query: Any) -> Iterator[Sequence[Any]]:
    """The newest first."""
    last = None
    while True:
        older = query if last is None else query.where(col(OutboxRow.number) < last)
        rows = tuples(db, older.order_by(col(OutboxRow.number).desc()).limit(PAGE)).fetchall()
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _readable(db: Connection, numbers: set[int]) -> set[int]:
    """Whose clicks may be read now."""
    here = col(RecipientRow.erased_at).is_(None) & col(RecipientRow.restricted_at).is_(None)
    people = among(db, col(RecipientRow.number), numbers) & here
    levels = tuples(db, select(col(RecipientRow.number), col(RecipientRow.level)).where(people)).fetchall()
    consents = granted(db, [number for number, _ in levels])
    return {number for number, level in levels if level_in_force(level, consents.get(number, frozenset())) >= Level.premium}


def _clicks(db: Connection, letters: list[int]) -> dict[int, set[int]]:
    """Letter -> positions that were clicked."""
    table = ImpressionRow
    query = select(col(table.outbox), col(table.position)).where(among(db, col(table.outbox), letters), col(table.clicked_at).is_not(None))
    found: dict[int, set[int]] = {}
    for letter, position in tuples(db, query):
        found.setdefault(letter, set()).add(position)
    return found


def _read(recipient: int, decision: dict[str, Any], clicked: set[int]) -> _Row | str:
    """The letter's columns, or why it is left out."""
    log, blocks, person = decision["log"], decision["blocks"], decision.get("person") or {}
    if not log or not log["epsilon"]:
        return UNEXPLORED
    if not log.get("steps") or len(blocks) != len(log["base"]):
        return UNLOGGED
    explored = log["explored_position"]
    return _Row(
        recipient=recipient,
        epsilon=log["epsilon"],
        base=log["base"],
        pool=log["pool"],
        open=[block["probability"] < 1 for block in blocks],
        shown=[-1 - log["pool"].index(b["module"]) if b["position"] == explored else b["position"] - 1 for b in blocks],
        clicked=[block["position"] in clicked for block in blocks],
        signals=tuple(log["signals"]),
        steps=np.array(log["steps"], dtype=np.float32),  # a list of so many numbers takes ten times the room
        role=person.get("role", ""),
        stage=person.get("stage", ""),
        layout=decision["layout"],
    )


def _columns(rows: list[_Row]) -> LoggedLetters:
    """Fill the arrays; a signal that a letter did not log counts as 0."""
    places, pool = max((len(r.base) for r in rows), default=0), max((len(r.pool) for r in rows), default=0)
    modules = sorted({name for r in rows for name in (*r.base, *r.pool)})
    signals = sorted({name for r in rows for name in r.signals})
    number, column = {name: i for i, name in enumerate(modules)}, {name: i for i, name in enumerate(signals)}
    shape = (len(rows), places)
    module = np.full((len(rows), places + pool), -1, dtype=np.int32)
    values = np.zeros((*module.shape, len(signals)), dtype=np.float32)
    is_open, clicked = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    shown = np.full(shape, -1, dtype=np.int16)
    at: dict[tuple[str, ...], Array] = {}
    for i, r in enumerate(rows):
        blocks, candidates = len(r.base), len(r.pool)
        where = [*range(blocks), *range(places, places + candidates)]
        module[i, where] = [number[name] for name in (*r.base, *r.pool)]
        if r.signals not in at:
            at[r.signals] = np.array([column[name] for name in r.signals], dtype=np.int64)
        values[i][np.ix_(where, at[r.signals])] = r.steps / STEPS
        is_open[i, :blocks], clicked[i, :blocks] = r.open, r.clicked
        shown[i, :blocks] = [one if one >= 0 else places - 1 - one for one in r.shown]
    return LoggedLetters(
        recipient=np.array([r.recipient for r in rows], dtype=np.int64),
        epsilon=np.array([r.epsilon for r in rows], dtype=np.float64),
        module=module,
        open=is_open,
        shown=shown,
        clicked=clicked,
        values=values,
        per_group=np.full(len(rows), places, dtype=np.int64),
        signals=tuple(signals),
        modules=tuple(modules),
    )
