"""Beliefs: the newest value under each name as JSON, and every version of all of them together that a decision may name."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Connection, select
from sqlmodel import col

from composer.domain.belief import PRIOR, Beliefs
from composer.errors import ComposerError
from composer.store.engine import insert_into
from composer.store.tables import BeliefRow, BeliefVersionRow

MEND = "Run 'composer retrain': it learns everything afresh."

Unsound = Callable[[ComposerError], None]


def load_beliefs(db: Connection, version: str | None = None, unsound: Unsound | None = None) -> Beliefs:
    """Return all beliefs as they are now, or as they were in `version` (a hash of the stored texts, "prior" before anything was learnt).

    A belief that is no JSON object of finite numbers raises ComposerError with its name; where `unsound` is given it is
    told instead, and the belief is left out: whoever reads the beliefs then uses what is shipped.
    """
    if version == PRIOR:
        return Beliefs()
    texts = _newest(db)
    found = _version(texts)
    if version is not None and version != found:
        texts, found = _kept(db, version), version
    values = {}
    for name, text in texts.items():
        try:
            values[name] = _sound(name, text)
        except ComposerError as error:
            if unsound is None:
                raise
            unsound(error)
    return Beliefs(values, found)


def save_beliefs(db: Connection, values: Mapping[str, Mapping[str, Any]], now: datetime) -> str:
    """Store each value under its name, beliefs of other names stay, and return the version of them all.

    Every version is kept once, with what stood before where an older Composer had not kept it. ComposerError where a number
    is not finite: nothing is stored.
    """
    texts = {name: _text(name, value) for name, value in sorted(values.items())}
    before = _newest(db)
    after = dict(sorted((before | texts).items()))
    if after != before and texts:
        if before:
            learnt_at = db.execute(select(col(BeliefRow.learnt_at)).order_by(col(BeliefRow.learnt_at).desc())).scalars().first()
            _keep(db, before, learnt_at or now)
        insert = insert_into(db, BeliefRow)
        new = {"value": insert.excluded.value, "learnt_at": insert.excluded.learnt_at}
        rows = [{"name": name, "value": text, "learnt_at": now} for name, text in texts.items()]
        db.execute(insert.on_conflict_do_update(index_elements=["name"], set_=new), rows)
    if after:
        _keep(db, after, now)
    return _version(after)


def known_versions(db: Connection, most: int = 10) -> list[tuple[str, datetime]]:
    """The newest kept versions with the time they were first learnt, newest first."""
    table = BeliefVersionRow
    query = select(col(table.version), col(table.learnt_at)).order_by(col(table.learnt_at).desc(), col(table.version)).limit(most)
    return [(version, learnt_at) for version, learnt_at in db.execute(query)]


def _newest(db: Connection) -> dict[str, str]:
    """Name -> text, in name order."""
    rows = db.execute(select(col(BeliefRow.name), col(BeliefRow.value))).all()
    return dict(sorted((name, value) for name, value in rows))


def _version(texts: Mapping[str, str]) -> str:
    if not texts:
        return PRIOR
    return blake2b("\0".join(f"{name}\0{text}" for name, text in texts.items()).encode(), digest_size=8).hexdigest()


def _keep(db: Connection, texts: Mapping[str, str], learnt_at: datetime) -> None:
    packed = zlib.compress(json.dumps(texts, separators=(",", ":")).encode(), 6)
    row = {"version": _version(texts), "learnt_at": learnt_at, "beliefs": packed}
    db.execute(insert_into(db, BeliefVersionRow).values(**row).on_conflict_do_nothing())


def _kept(db: Connection, version: str) -> dict[str, str]:
    packed = db.execute(select(col(BeliefVersionRow.beliefs)).where(col(BeliefVersionRow.version) == version)).scalar()
    if packed is None:
        listed = ", ".join(known for known, _ in known_versions(db)) or "none yet"
        raise ComposerError(
            f"there is no version '{version}'", where="beliefs", do=f"Newest versions: {listed}; '{PRIOR}' is what is shipped."
        )
    texts: dict[str, str] = json.loads(zlib.decompress(packed))
    return texts


def _text(name: str, value: Mapping[str, Any]) -> str:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise ComposerError(
            "it holds a number that is not finite; nothing was stored",
            where=f"belief {name}",
            do="The beliefs before it stand. Look for absurd values in what was imported last.",
        ) from None


def _sound(name: str, text: str) -> Mapping[str, Any]:
    try:
        value = orjson.loads(text)  # refuses NaN, Infinity and numbers too great for a double
    except orjson.JSONDecodeError as error:
        raise ComposerError(f"it is not JSON of finite numbers ({error.msg})", where=f"belief {name}", do=MEND) from None
    if not isinstance(value, dict):
        raise ComposerError("it is not a JSON object", where=f"belief {name}", do=MEND)
    if "null" in text and _holds_nothing(value):
        raise ComposerError("a number is missing in it (null)", where=f"belief {name}", do=MEND)
    return value


def _holds_nothing(value: Any) -> bool:
    """Whether a null stands anywhere: as which many programs write NaN."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(_holds_nothing, inner))
