"""Answers that take as long where nothing was to be done: their time tells a stranger no more than their words.

A first opt-out waits for the disk, a repeated one and a stranger's do not. These wait, asleep and holding nothing, for as long as
posts that wrote took lately. Where none wrote within a minute, one post that had nothing to write does as much work for the measure
of it, and the database holds what it held; so posts to guessed tokens cost the delivery's lock one commit a minute.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool

KEPT = 32
FRESH_SECONDS = 60.0
MOST_SECONDS = 1.0
"""A post that had to wait for an import to end makes nobody else wait longer than this."""


class Even:
    """Remembers what posts that wrote took. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._clock, self._sleep = clock, sleep
        self._took: deque[float] = deque(maxlen=KEPT)
        self._measured = float("-inf")

    async def do(self, work: Callable[[], bool], as_much: Callable[[], object]) -> None:
        """Do the work in a thread; it tells whether it wrote. `as_much` costs what writing costs, and changes nothing."""
        began = self._clock()
        if await run_in_threadpool(work):
            self._keep(began)
            return
        if self._clock() - self._measured >= FRESH_SECONDS:
            self._measured = began  # before it is done: of many at once one measures
            await run_in_threadpool(as_much)
            self._keep(began)
        elif self._took:
            wanted = min(secrets.choice(self._took), MOST_SECONDS)  # none that can be foretold: whose turn it is would tell, too
            await self._sleep(max(0.0, began + wanted - self._clock()))

    def _keep(self, began: float) -> None:
        self._measured = self._clock()
        self._took.append(self._measured - began)
