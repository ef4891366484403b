"""Deliver: claim what is due, compose it, hand it to the transport, record what became of it.

Read `_Run.go` first. One producer claims batches; as many senders as the transport has use for (its depth) take letters from
it; one writer records for all of them. Whatever stops a run, a claimed letter that was not begun goes back as it was.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from composer.app import App
from composer.dispatch.pace import Bucket, full, take
from composer.dispatch.states import OTHER_BYTES, Standing, after, ended
from composer.domain.campaign import CampaignState
from composer.domain.message import Message
from composer.domain.outcome import OutboxState, Outcome, Verdict
from composer.domain.reasons import Skip
from composer.errors import in_short
from composer.logs import log
from composer.pipeline._collector import calm_collector
from composer.pipeline.claiming import Claims, Letter, settled
from composer.pipeline.interlock import Interlock
from composer.pipeline.recording import CannotRecord, Recorder, digest_of
from composer.pipeline.sampling import Sampling
from composer.store.campaigns import cancelled_editions, get_campaign_by_number, move_campaign
from composer.store.engine import writing
from composer.store.interlock import HALTED, LEVEL_LOWERED
from composer.store.outbox import finish_editions, under_way
from composer.store.plans import cancel_waiting
from composer.transports import Transport, open_transport

BATCH = 500
GRACE_SECONDS = 8.0
"""How long open letters may take to end once the run is told to stop."""


@dataclass
class DeliveryReport:
    """What a run came to: letters by what became of them, and why it stopped early, where it did."""

    counts: Counter[str] = field(default_factory=Counter)
    paused: str = ""
    """Trouble with TLS, sign-in or the sender: campaigns wait for `campaign resume`."""
    stopped: str = ""
    """No server to be reached: the letters wait for the next run."""
    under_way: int = 0
    """Letters that another sender holds, or held when it died: they are due again when its lease ends."""


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


class _Run:
    """One run of delivery: everything its tasks share."""

    def __init__(self, app: App, clock: Callable[[], datetime], transport: Transport, limit: int | None, stop: asyncio.Event) -> None:
        self.app, self.clock, self.transport, self.limit, self.stop = app, clock, transport, limit, stop
        self.report = DeliveryReport()
        self.claims = Claims(app, secrets.token_hex(8))
        self.lock = asyncio.Lock()
        self.recorder = Recorder(app, self.claims.owner, clock, self.lock)
        self.interlock = Interlock(app)
        self.sampling = Sampling(app.settings.checks, app.key)
        self.queue: asyncio.Queue[Letter | None] = asyncio.Queue(maxsize=transport.depth)
        self.bucket: Bucket | None = None
        self.silent = 0
        """Letters in a row that met no answer."""
        self.came_back = False
        """Whether a letter was given back that this run can still deliver."""
        self.error: Exception | None = None
        """What stopped the producer; letters under way are finished first."""

    @property
    def halted(self) -> bool:
        return bool(self.stop.is_set() or self.report.paused or self.report.stopped or self.recorder.failed or self.error)

    async def go(self) -> DeliveryReport:
        self.recorder.start()
        senders = [asyncio.create_task(self._send_on()) for _ in range(self.transport.depth)]
        tasks = [asyncio.create_task(self._produce(len(senders))), *senders]
        try:
            await self._until_done_or_told(tasks)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            while not self.queue.empty():
                self._give_back(self.queue.get_nowait())
            await self.recorder.finish()
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
        for _ in range(senders):
            await self.queue.put(None)

    async def _claim_on(self) -> None:
        left = self.limit
        while not self.halted and left != 0:
            size = BATCH if left is None else min(BATCH, left)
            async with self.lock:
                batch = await asyncio.to_thread(self.claims.take, self.clock(), size)
            self.report.counts.update(batch.ended)
            self.interlock.watch(batch.letters)
            if not batch.taken:
                await self.queue.join()
                if not (self.came_back or batch.waits):
                    return
                self.came_back = False
                await self.recorder.written()
            left = None if left is None else left - batch.taken
            for place, letter in enumerate(batch.letters):
                try:
                    await self.queue.put(letter)
                except asyncio.CancelledError:
                    for waiting in batch.letters[place:]:
                        self._give_back(waiting)
                    raise

    async def _send_on(self) -> None:
        while (letter := await self.queue.get()) is not None:
            try:
                if not self.halted:
                    await self._keep_pace()
                if self.halted:
                    self._give_back(letter)
                else:
                    await self._send(letter)
            finally:
                self.interlock.forget(letter)
                self.queue.task_done()

    async def _keep_pace(self) -> None:
        rate = self.app.settings.delivery.pace
        if rate is None:
            return
        moment = asyncio.get_running_loop().time()
        self.bucket, wait = take(self.bucket or full(rate, moment), rate, moment)
        if wait:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.stop.wait()

    async def _send(self, letter: Letter) -> None:
        message = self._compose(letter)
        if message is None:
            return
        body_begun = False

        async def begun() -> None:
            nonlocal body_begun
            await self.recorder.begun(letter.claimed.number, message.data, durable=self.app.settings.delivery.never_twice)
            body_begun = True

        try:
            outcome = await self.transport.send(message, lambda: self.interlock.allows(letter), begun)
        except asyncio.CancelledError:
            if body_begun:
                self._settle(letter, Outcome(Verdict.unknown, 0, "broken off after the body was begun"))
            else:
                self._give_back(letter)
            raise
        except CannotRecord:
            return  # nothing was sent; the lease's end gives the letter back
        except Exception as error:  # noqa: BLE001 - a transport's bug must not cost the others their letters
            verdict = Verdict.unknown if body_begun else Verdict.try_later
            log.error("transport_failed", message_id=letter.claimed.message_id, error=in_short(error))
            outcome = Outcome(verdict, 0, f"the transport failed ({type(error).__name__})")
        self._settle(letter, outcome)

    def _compose(self, letter: Letter) -> Message | None:
        try:
            whole = self.sampling.takes(letter.claimed.edition, letter.claimed.message_id)
            message, findings = letter.composer.compose(letter.newsletter, letter.person, whole)
        except Exception as error:  # noqa: BLE001 - one letter that cannot be rendered stops no other
            log.error("letter_not_rendered", message_id=letter.claimed.message_id, error=in_short(error))
            self._end(letter, ended(letter.before, OutboxState.refused, f"{Skip.render_failed.value} ({type(error).__name__})"))
            return None
        blocked = sorted({finding.check for finding in findings if finding.blocks})
        if blocked:
            self._end(letter, ended(letter.before, OutboxState.refused, f"{Skip.check_failed.value}: {', '.join(blocked)}"))
            return None
        before = letter.claimed.digest
        if letter.claimed.in_doubt and before and digest_of(message.data) != before:
            self._end(letter, ended(letter.before, OutboxState.unknown, OTHER_BYTES))
            return None
        return message

    def _settle(self, letter: Letter, outcome: Outcome) -> None:
        if outcome.verdict is Verdict.withdrawn:
            reason = self.interlock.objection(letter)
            if reason == HALTED:
                self._give_back(letter)
                return
            if reason == LEVEL_LOWERED and not letter.claimed.in_doubt:
                self._give_back(letter)
                self.came_back = True  # the next claim decides it again, at the level that holds by then
                return
            outcome = Outcome(Verdict.withdrawn, 0, reason)
        standing = after(letter.before, outcome, self.clock(), self.claims.rules, letter.claimed.message_id)
        tried = outcome.verdict in (Verdict.accepted, Verdict.try_later, Verdict.refused)
        self.recorder.settle(
            settled(letter.claimed, standing)._replace(
                newsletter=letter.newsletter if standing.state is OutboxState.accepted else None,
                dead_address=outcome.dead_address,
                tried=tried,
            )
        )
        self.report.counts[standing.state.value] += 1
        self._watch_route(letter, outcome)

    def _watch_route(self, letter: Letter, outcome: Outcome) -> None:
        """Stop the run where the route itself is in trouble."""
        if outcome.verdict is Verdict.paused and not self.report.paused:
            self.report.paused = f"{outcome.code or ''} {outcome.text}".strip()
            log.error("delivery_paused", reason=self.report.paused)
        silent = not outcome.code and outcome.verdict in (Verdict.unreachable, Verdict.try_later, Verdict.unknown)
        self.silent = self.silent + 1 if silent or outcome.verdict is Verdict.unreachable else 0
        breaker = self.app.settings.delivery.breaker
        if breaker is not None and self.silent >= breaker and not self.report.stopped:
            self.report.stopped = f"{self.silent} letters in a row met no server: {outcome.text}"
            log.error("delivery_stopped", reason=self.report.stopped)

    def _end(self, letter: Letter, standing: Standing) -> None:
        self.recorder.settle(settled(letter.claimed, standing))
        self.report.counts[standing.state.value] += 1

    def _give_back(self, letter: Letter | None) -> None:
        """Leave a letter as it was before the claim; it stays due."""
        if letter is not None:
            self.recorder.settle(settled(letter.claimed, letter.before))

    def _close_finished(self) -> None:
        with writing(self.app.engine) as db:
            self.report.under_way = under_way(db)
            if self.report.paused:
                for number in {composer.campaign.number for composer in self.claims.composers.values()}:
                    move_campaign(db, number, {CampaignState.scheduled}, CampaignState.paused, self.report.paused)
            for number in cancelled_editions(db):
                cancel_waiting(db, number)
            for number in finish_editions(db):
                campaign = get_campaign_by_number(db, number)
                if campaign is not None and campaign.repeat is None:
                    move_campaign(db, number, {CampaignState.scheduled}, CampaignState.finished)
