"""Gathering: what need not be written at once waits a moment, so that one commit serves many requests and no answer waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from composer.errors import in_short
from composer.logs import log
from composer.store.engine import DatabaseTrouble

T = TypeVar("T")
GROUP = 40
"""Written by one commit at most: the database is held for milliseconds, and who waits for it hardly notices."""
BETWEEN_SECONDS = 0.01
"""How long the database is left to others between two groups: opt-outs and deliveries look for its lock every few milliseconds."""
MOST = 50_000
"""Held at most while the database is away; beyond, the newest are let go and counted in the log."""


class Gathering(Generic[T]):
    """Holds what is added and hands it to `write`, in groups, every `every`; None: at once, by whoever adds.

    A thread runs only while something waits. Safe to use from any thread.
    """

    def __init__(self, write: Callable[[list[T]], object], every: timedelta | None) -> None:
        self._write, self._every = write, every
        self._waiting: list[T] = []
        self._lock = threading.Lock()
        """Of the list and the thread."""
        self._writing = threading.Lock()
        """One group is written at a time, in the order in which they came."""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, one: T) -> None:
        """Take it in. Where groups are written later, this never waits and never fails."""
        with self._lock:
            if len(self._waiting) >= MOST:
                log.error("observation_lost", waiting=len(self._waiting))
                return
            self._waiting.append(one)
            if self._every is not None and self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._run, name="gathering", daemon=True)
                self._thread.start()
        if self._every is None or self._ended.is_set():
            self.flush()

    def flush(self) -> None:
        """Write what waits, now. What cannot be written stays and waits on; only trouble with the database is such."""
        with self._writing:
            while group := self._next():
                try:
                    self._write(group)
                except DatabaseTrouble as error:
                    log.error("observations_wait", error=in_short(error))
                    return
                except Exception as error:  # noqa: BLE001 - one that cannot be written must not keep all others waiting for ever
                    log.error("observations_lost", count=len(group), error=in_short(error))
                with self._lock:
                    del self._waiting[: len(group)]
                self._ended.wait(BETWEEN_SECONDS)

    def close(self) -> None:
        """Write what waits; what is added from now on is written at once."""
        self._ended.set()
        if (thread := self._thread) is not None:
            thread.join()
        self.flush()

    def _next(self) -> list[T]:
        with self._lock:
            return self._waiting[:GROUP]

    def _run(self) -> None:
        assert self._every is not None
        while not self._ended.wait(self._every.total_seconds()):
            self.flush()
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
