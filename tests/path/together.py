"""Two workers that claim at the same moment."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import Connection

from composer.app import App
from composer.pipeline import claiming
from composer.pipeline.claiming import Claims
from tests.path.rows import NOW


def claimed_together(app: App, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many letters each got. The first stops between deciding and its commit until the second has decided, or waits for it."""
    freeze, first = claiming.freeze, threading.Lock()
    batches: list[int] = []

    def slow(db: Connection, rows: Any) -> None:
        freeze(db, rows)
        if rows and first.acquire(blocking=False):
            second.start()
            second.join(0.5)  # it cannot decide before this transaction ends: it is still at it when this time is over

    def take(owner: str) -> None:
        batches.append(len(Claims(app, owner).take(NOW, 5).letters))

    second = threading.Thread(target=take, args=("second",))
    monkeypatch.setattr(claiming, "freeze", slow)
    take("first")
    second.join()
    return batches
