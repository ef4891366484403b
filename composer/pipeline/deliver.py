"""Deliver: claim what is due, compose it, hand it to the transport, record what became of it.

Read `_Run.go` first. One producer claims batches; as many senders as the transport has use for (its depth) take letters from
the line behind it; one writer records for all of them, and one listener heeds what providers say (manners.py). Whatever stops
a run, a claimed letter that was not begun goes back as it was.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from composer.app import App
from composer.dispatch.guards import GUARD
from composer.dispatch.provider import Said
from composer.domain.lifecycle import Step
from composer.logs import log
from composer.pipeline._collector import calm_collector
from composer.pipeline._line import Line
from composer.pipeline._sending import Sending
from composer.pipeline.claiming import Batch, Claims
from composer.pipeline.delivered import DeliveryReport
from composer.pipeline.finishing import close_finished
from composer.pipeline.guarding import Guarding
from composer.pipeline.interlock import Interlock
from composer.pipeline.manners import Manners
from composer.pipeline.recording import Recorder
from composer.pipeline.sampling import Sampling
from composer.store.campaigns import take_step
from composer.store.engine import writing
from composer.store.guards import halted_by
from composer.store.outbox import under_way
from composer.transports import Transport, open_transport

__all__ = ["DeliveryReport", "deliver"]

BATCH, LEAST = 500, 50
"""Letters that are claimed at once, at most and, where they take long, at least."""
HOLD_SECONDS = 0.12
"""How long a claim should keep others from writing: recipients wait, whose opt-out answers when it is committed."""
LOOK_SECONDS = 1.0
"""How often the outbox is looked into while letters wait for their moment."""
GRACE_SECONDS = 8.0
"""How long open letters may take to end once the run is told to stop."""


async def deliver(
    app: App, clock: Callable[[], datetime], limit: int | None = None, transport: Transport | None = None, stop: asyncio.Event | None = None
) -> DeliveryReport:
    """Deliver what is due by `clock` until nothing is, at most `limit` letters. `stop` ends the run gracefully.

    A transport given stays open; else the configured one is opened and closed here. Raises CannotRecord.
    """
    used = transport or open_transport(app.settings)
    run = _Run(app, clock, used, limit, stop or asyncio.Event())
    try:
        with calm_collector():
            return await run.go()
    finally:
        run.interlock.close()
        run.claims.close()
        if transport is None:
            await used.close()


def next_size(size: int, batch: Batch) -> int:
    """How many letters to claim after this one: on a busy machine fewer, so that nobody waits long for the writer's lock."""
    if batch.taken < LEAST or not batch.held:
        return size
    return max(LEAST, min(BATCH, int(batch.taken * HOLD_SECONDS / batch.held)))


class _Run:
    """One run of delivery: everything its tasks share."""

    def __init__(self, app: App, clock: Callable[[], datetime], transport: Transport, limit: int | None, stop: asyncio.Event) -> None:
        self.app, self.transport, self.limit, self.clock, self.stop = app, transport, limit, clock, stop
        self.report = DeliveryReport()
        self.claims = Claims(app, secrets.token_hex(8))
        self.lock = asyncio.Lock()
        # Only SQLite has one writer. Elsewhere outcomes need not wait for a claim, and the fewer wait, the fewer a kill sends twice.
        recording = self.lock if app.engine.dialect.name == "sqlite" else asyncio.Lock()
        self.recorder = Recorder(app, self.claims.owner, clock, recording)
        self.interlock = Interlock(app, clock)
        self.pacing = self.claims.pacing
        self.manners = Manners(app, self.report, self.pacing, clock)
        self.guarding = Guarding(app)
        self.line = Line(transport.depth, self.manners.at_once, self.pacing.held, self.pacing.names)
        self.manners.hold = self.line.hold
        sampling = Sampling(app.settings.checks, app.key)
        self.sending = Sending(
            app, clock, transport, self.claims.rules, self.recorder, self.interlock, sampling, self.manners, self.guarding, self.report
        )
        self.error: Exception | None = None
        """What stopped the producer; letters under way are finished first."""

    @property
    def halted(self) -> bool:
        return bool(self.stop.is_set() or self.manners.halted or self.recorder.failed or self.error)

    async def go(self) -> DeliveryReport:
        self.recorder.start()
        senders = [asyncio.create_task(self._send_on()) for _ in range(self.transport.depth)]
        tasks = [asyncio.create_task(self._produce(len(senders))), *senders]
        listener = asyncio.create_task(self._listen())
        try:
            await self._until_done_or_told(tasks)
        finally:
            for task in (*tasks, listener):
                task.cancel()
            ends = await asyncio.gather(*tasks, listener, return_exceptions=True)
            for letter in self.line.rest():
                self.sending.give_back(letter)
            await self.recorder.finish()
            await asyncio.to_thread(self._write_down, self.manners.heard(), self.guarding.news())
        for failure in (self.error, *ends):
            if isinstance(failure, Exception):
                raise failure
        await asyncio.to_thread(self._close_finished)
        if self.report.counts:
            log.info("letters_delivered", **self.report.counts)
        return self.report

    async def _until_done_or_told(self, tasks: list[asyncio.Task[None]]) -> None:
        """Wait for the tasks; once told to stop, for as long as open letters may take."""
        told = asyncio.create_task(self.stop.wait())
        work = asyncio.ensure_future(asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION))
        both: set[asyncio.Future[Any]] = {work, told}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            self.line.let_go()
            if not work.done():
                await asyncio.wait({work}, timeout=GRACE_SECONDS)
        finally:
            told.cancel()
            work.cancel()

    async def _produce(self, senders: int) -> None:
        try:
            await self._claim_on()
        except Exception as error:  # noqa: BLE001 - whatever it is: letters under way end first, then it is raised
            self.error = error
        while not (self.halted or await self.line.empty(LOOK_SECONDS)):
            pass  # letters wait for their moment
        if self.halted:
            self.line.let_go()
        self.line.end(senders)

    async def _claim_on(self) -> None:
        left, size = self.limit, BATCH
        while not self.halted and left != 0:
            if wait := self.pacing.full(self.clock()):
                await asyncio.sleep(min(wait, LOOK_SECONDS))
                continue
            async with self.lock:
                batch = await asyncio.to_thread(self.claims.take, self.clock(), size if left is None else min(size, left))
            size = next_size(size, batch)
            self.report.counts.update(batch.ended)
            self.report.put_back += batch.put_back
            self.interlock.watch(batch.letters)
            if not batch.taken:
                if not await self.line.empty(LOOK_SECONDS):
                    continue  # what was put back may be due by now
                if not (self.sending.came_back or batch.waits):
                    return
                self.sending.came_back = False
                await self.recorder.written()
            left = None if left is None else left - batch.taken + batch.put_back
            for letter in batch.letters:
                self.line.put(letter, self.pacing.leaves(letter.claimed.number))
            await self.line.few()

    async def _send_on(self) -> None:
        while (letter := await self.line.get()) is not None:
            try:
                if self.halted:
                    self.sending.give_back(letter)
                else:
                    await self.sending.send(letter)
                if self.halted:
                    self.line.let_go()
            finally:
                self.interlock.forget(letter)
                self.line.done(letter)

    async def _listen(self) -> None:
        """Heed what providers say: letters that wait for one whose pace has changed are claimed anew, under its new pace."""
        try:
            while True:
                await self.manners.wait()
                heard, campaigns = self.manners.heard(), self.guarding.news()
                async with self.lock:
                    changed = await asyncio.to_thread(self._write_down, heard, campaigns)
                    swept = {provider: self.line.sweep(provider) for provider in changed | self.manners.heeded(heard)}
                    unused = {provider: len(letters) for provider, letters in swept.items() if letters}
                    if unused:  # before anything is claimed: else the next letters wait behind moments that nobody uses
                        await asyncio.to_thread(self._take_back, unused)
                for letter in chain(*swept.values()):
                    self.sending.give_back(letter)
                    self.interlock.forget(letter)
                    self.sending.came_back = True
        except Exception as error:  # noqa: BLE001 - as the producer's: letters under way end first, then it is raised
            self.error = error
            self.line.let_go()

    def _write_down(self, heard: Mapping[str, Said], campaigns: set[int]) -> set[str]:
        if campaigns:
            self.guarding.look(campaigns)
        return self.manners.write(heard)

    def _take_back(self, letters: Mapping[str, int]) -> None:
        with writing(self.app.engine) as db:
            self.pacing.take_back(db, letters, self.clock())

    def _close_finished(self) -> None:
        with writing(self.app.engine, spares=True) as db:
            self.report.under_way = under_way(db)
            if self.report.paused:
                for number in {composer.campaign.number for composer in self.claims.composers.values()}:
                    take_step(db, number, Step.pause, self.report.paused)
            close_finished(db)
            self.report.guarded = "; ".join(f"{name}: {reason}" for name, reason in halted_by(db, GUARD))
