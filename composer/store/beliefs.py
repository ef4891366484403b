"""Beliefs: the newest value under each name, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from composer.domain.belief import Beliefs
from composer.store.engine import insert_into
from composer.store.tables import BeliefRow


def load_beliefs(db: Connection) -> Beliefs:
    """Return all beliefs; their version is a hash of the stored texts, "prior" where nothing was learnt."""
    rows = db.execute(select(col(BeliefRow.name), col(BeliefRow.value)).order_by(col(BeliefRow.name))).all()
    if not rows:
        return Beliefs()
    digest = blake2b("\0".join(f"{name}\0{value}" for name, value in rows).encode(), digest_size=8).hexdigest()
    return Beliefs({name: json.loads(value) for name, value in rows}, digest)


def save_beliefs(db: Connection, values: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    """Store each value under its name; beliefs of other names stay."""
    rows = [
        {"name": name, "value": json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False), "learnt_at": now}
        for name, value in sorted(values.items())
    ]
    if rows:
        insert = insert_into(db, BeliefRow)
        new = {"value": insert.excluded.value, "learnt_at": insert.excluded.learnt_at}
        db.execute(insert.on_conflict_do_update(index_elements=["name"], set_=new), rows)
