"""The clock: APScheduler ticks, and each tick reads from the database what is due. It remembers nothing.

Ticks are in UTC. Every process sends (claims keep them apart); planning and learning are done by whoever takes the
turn, a lease row in `marks`. Each round leaves a heartbeat that /health reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from composer.app import App
from composer.errors import in_short
from composer.logs import log
from composer.pipeline.deliver import deliver
from composer.pipeline.inlets import listen, read_imap
from composer.pipeline.mail_hosts import look_up_hosts
from composer.pipeline.plan import plan_due
from composer.pipeline.retrain import retrain
from composer.pipeline.service_sending import send_service_letters
from composer.pipeline.tidy import tidy
from composer.store.counts import HEARTBEAT
from composer.store.engine import writing
from composer.store.marks import lock_mark, set_mark
from composer.transports import Transport, open_transport

PULSE = timedelta(seconds=20)
"""How often a round that takes long says that it is alive."""
PATIENCE_SECONDS = 9.0
"""How long rounds may take to end once told to stop."""
TURN = "turn:"


def utc_now() -> datetime:
    return datetime.now(UTC)


def take_turn(app: App, name: str, now: datetime, every: timedelta) -> bool:
    """Take the turn for this round of `name`; False where another process has it, or had it too short a while ago."""
    with writing(app.engine) as db:
        until = lock_mark(db, TURN + name)
        if until and datetime.fromisoformat(until) > now:
            return False
        set_mark(db, TURN + name, (now + every * 0.9).isoformat())  # a tick may come a little early
        return True


def give_turn_back(app: App, name: str, now: datetime) -> None:
    """Let the round be tried again at the next tick."""
    with writing(app.engine) as db:
        set_mark(db, TURN + name, now.isoformat())


def keep_turn(app: App, name: str, now: datetime, every: timedelta) -> None:
    """Say that a round takes longer than its turn: nobody else begins it meanwhile."""
    with writing(app.engine) as db:
        set_mark(db, TURN + name, (now + max(every * 0.9, 2 * PULSE)).isoformat())


def beat(app: App, name: str, now: datetime) -> None:
    with writing(app.engine) as db:
        set_mark(db, HEARTBEAT + name, now.isoformat())


class Clock:
    """The ticking part of a process, from `run` until `stop` is set."""

    def __init__(self, app: App, stop: asyncio.Event, now: Callable[[], datetime] = utc_now, transport: Transport | None = None) -> None:
        self.app, self.stop, self.now = app, stop, now
        self._transport = transport
        self._running: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, timedelta] = {}
        """Turns that are ours at this moment, and how long each is."""

    async def run(self) -> None:
        """Tick until told to stop; then let the rounds under way end."""
        every = self.app.settings.clock
        transport = self._transport or open_transport(self.app.settings)
        # No job is ever late: a tick only looks into the database. Missed ticks become one.
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})

        def tick(name: str, interval: timedelta, round_: Callable[[], Awaitable[object]]) -> None:
            scheduler.add_job(
                partial(self._start, name, round_),
                "interval",
                seconds=max(0.05, interval.total_seconds()),
                next_run_time=utc_now(),
                id=name,
            )

        tick("plan", every.plan, partial(self._alone, "plan", every.plan, plan_due))
        tick("send", every.send, partial(deliver, self.app, self.now, None, transport, self.stop))
        tick("service", every.send, partial(send_service_letters, self.app, self.now, transport, self.stop))
        tick("retrain", min(every.retrain, timedelta(hours=1)), partial(self._alone, "retrain", every.retrain, retrain))
        tick("tidy", every.tidy, partial(self._alone, "tidy", every.tidy, tidy))
        if self.app.settings.imap.host:
            tick("imap", every.imap, partial(self._alone, "imap", every.imap, partial(read_imap, stopped=self.stop.is_set)))
        if self.app.settings.manners.group == "mx":
            tick("mx", every.plan, partial(self._alone, "mx", every.plan, partial(look_up_hosts, stopped=self.stop.is_set)))
        tick("pulse", PULSE, self._pulse)
        listening = asyncio.create_task(self._listen())
        scheduler.start()
        try:
            await self.stop.wait()
        finally:
            scheduler.shutdown(wait=False)
            await asyncio.wait([listening, *self._running.values()], timeout=PATIENCE_SECONDS)
            if self._transport is None:
                await transport.close()

    async def _start(self, name: str, round_: Callable[[], Awaitable[object]]) -> None:
        """Begin a round of our own: the scheduler would cancel it when it shuts down."""
        if name not in self._running and not self.stop.is_set():
            task = self._running[name] = asyncio.create_task(self._round(name, round_), name=name)
            task.add_done_callback(lambda _: self._running.pop(name, None))

    async def _round(self, name: str, round_: Callable[[], Awaitable[object]]) -> None:
        try:
            if name != "pulse":
                await asyncio.to_thread(beat, self.app, name, self.now())
            await round_()
        except Exception as error:  # noqa: BLE001 - one bad round must not end the clock; the next one tries again
            log.error("round_failed", round=name, error=in_short(error))

    async def _listen(self) -> None:
        """Keep the way in for mail servers open. Whatever ends it is told, and it is begun again."""
        while self.app.settings.inbound.listen and not self.stop.is_set():
            try:
                await listen(self.app, self.now, self.stop)
            except Exception as error:  # noqa: BLE001 - letters go out also while none come in
                log.error("round_failed", round="listen", error=in_short(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), PULSE.total_seconds())

    async def _alone(self, name: str, every: timedelta, step: Callable[[App, datetime], object]) -> None:
        now = self.now()
        if not await asyncio.to_thread(take_turn, self.app, name, now, every):
            return
        self._turns[name] = every
        try:
            await asyncio.to_thread(step, self.app, now)
        except Exception:  # raised again below: only the turn is given back, so that the next round tries at once
            await asyncio.to_thread(give_turn_back, self.app, name, now)
            raise
        finally:
            del self._turns[name]

    async def _pulse(self) -> None:
        for name in [name for name in self._running if name != "pulse"]:
            await asyncio.to_thread(beat, self.app, name, self.now())
        for name, every in list(self._turns.items()):
            await asyncio.to_thread(keep_turn, self.app, name, self.now(), every)
