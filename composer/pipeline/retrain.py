"""Retrain: load what people did, one pure call, save what was learnt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from composer.app import App
from composer.domain.moment import Moment
from composer.learn import retrain as learn
from composer.store.beliefs import load_beliefs, save_beliefs
from composer.store.engine import reading, writing
from composer.store.history import load_history


def retrain(app: App, now: datetime) -> dict[str, Any]:
    """Learn from everything up to `now` and store it. Return counts of what was learnt from, and the beliefs' new version."""
    library = app.library().library
    with reading(app.engine) as db:
        history = load_history(db, library, tuple(sorted(app.signals)), now)
        previous = load_beliefs(db)
    beliefs = learn(history, library, Moment(as_of=now, now=now, key="retrain"), app.signals, previous)
    with writing(app.engine) as db:
        save_beliefs(db, beliefs, now)
        version = load_beliefs(db).version
    return {
        "recipients": len(history.draw_key),
        "purchases": len(history.buyer),
        "impressions": len(history.clicked),
        "clicks": int(history.clicked.sum()),
        "beliefs": sorted(beliefs),
        "version": version,
    }
