"""Retrain: load what people did, one pure call, save what was learnt. Where nothing is new, nothing is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from hashlib import blake2b
from types import ModuleType
from typing import Any

import numpy as np

import composer
from composer.app import App
from composer.domain.audience import Codes
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.moment import Moment
from composer.learn import retrain as learn
from composer.store.beliefs import save_beliefs
from composer.store.engine import reading, writing
from composer.store.history import load_history
from composer.store.marks import get_mark, set_mark

MARK = "retrain"
_AGEING = {"impression_age"}
"""Grows with every second; its day is in the fingerprint."""


def retrain(app: App, now: datetime) -> dict[str, Any]:
    """Learn from everything up to `now` and store it. Return counts of what was learnt from, and the version of the beliefs.

    The same people, purchases, clicks and library on the same day give the same beliefs, so they are not learnt twice:
    `nothing_new` says so.
    """
    library = app.library().library
    with reading(app.engine) as db:
        history = load_history(db, library, tuple(sorted(app.signals)), now)
        previous = app.beliefs(db)
        last = json.loads(get_mark(db, MARK) or "{}")
    summary = {
        "recipients": len(history.draw_key),
        "purchases": len(history.buyer),
        "impressions": len(history.clicked),
        "clicks": int(history.clicked.sum()),
    }
    seen = fingerprint(history, library, app.signals, now)
    if last.get("fingerprint") == seen and last["version"] == previous.version:
        return {**summary, "beliefs": last["beliefs"], "version": previous.version, "nothing_new": True}
    beliefs = learn(history, library, Moment(as_of=now, now=now, key="retrain"), app.signals)
    with writing(app.engine) as db:
        stored = save_beliefs(db, beliefs, now)
        set_mark(db, MARK, json.dumps({"fingerprint": seen, "version": stored, "beliefs": sorted(beliefs)}))
    return {**summary, "beliefs": sorted(beliefs), "version": stored, "nothing_new": False}


def fingerprint(history: History, library: Library, signals: Mapping[str, ModuleType], now: datetime) -> str:
    """A hash of all that learning reads, and of the UTC day, for what people did grows older by days."""
    digest = blake2b(digest_size=16)

    def add(*parts: object) -> None:
        digest.update(repr(parts).encode())

    add(
        composer.__version__,
        library.version,
        f"{now:%Y-%m-%d}",
        [(name, float(signal.WEIGHT)) for name, signal in sorted(signals.items())],
    )
    for name in sorted(field.name for field in fields(history)):
        value = getattr(history, name)
        add(name)
        if isinstance(value, Codes):
            add(value.words)
            digest.update(value.codes.tobytes())
        elif isinstance(value, np.ndarray) and name not in _AGEING:
            digest.update(value.tobytes())
        elif not isinstance(value, np.ndarray):
            add(value)
    return digest.hexdigest()
