"""Group commit: every connection reports here, and one writer puts it all into the database every few milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from composer.app import App
from composer.domain.outcome import OutboxState
from composer.errors import ComposerError, in_short
from composer.pipeline.giving_up import give_up
from composer.store.engine import writing
from composer.store.outbox import renew_leases
from composer.store.outcomes import Settled, record

GATHER_SECONDS = 0.005
"""How long a report waits for company: a commit with a flush to disk costs as much for one as for hundreds."""
UNWRITTEN = 200
"""Reports that may wait at once; beyond it senders wait for the writer, which bounds what a kill can leave behind."""


def digest_of(body: bytes) -> str:
    """Return what a body in doubt is known by. Only of bodies whose answer is not there when their group is written."""
    return blake2b(body, digest_size=16).hexdigest()


class CannotRecord(ComposerError):
    """The database does not take outcomes: nothing may be sent that cannot be recorded."""


@dataclass
class Recorder:
    """The one writer of a run. `start` it, report to it from any task, `finish` it."""

    app: App
    owner: str
    clock: Callable[[], datetime]
    lock: asyncio.Lock
    """Held by whoever writes: two writers of one process would only wait for each other inside the database."""
    failed: CannotRecord | None = None
    _begun: dict[int, bytes] = field(default_factory=dict)
    """Body that is about to leave, by letter."""
    _settled: list[Settled] = field(default_factory=list)
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _written: asyncio.Condition = field(default_factory=asyncio.Condition)
    _reported: int = 0
    _done: int = 0
    """Reports up to this one are on disk."""
    _finishing: bool = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._write_on(), name="recorder")

    def settle(self, letter: Settled) -> None:
        """Report where a letter stands."""
        self._settled.append(letter)
        self._report()

    async def begun(self, number: int, body: bytes, *, durable: bool) -> None:
        """Report that a letter's body is about to leave; with `durable` return only when that is on disk. Raises CannotRecord."""
        self._begun[number] = body
        self._report()
        if durable or len(self._settled) > UNWRITTEN:
            await self.written()
        if self.failed:
            raise self.failed

    async def written(self) -> None:
        """Wait until everything reported so far is on disk, or cannot be."""
        target = self._reported
        async with self._written:
            await self._written.wait_for(lambda: self._done >= target or self.failed is not None)

    def _report(self) -> None:
        self._reported += 1
        self._work.set()

    async def finish(self) -> None:
        """Write what is left and stop. Raises CannotRecord."""
        self._finishing = True
        self._work.set()
        if self._task is not None:
            await self._task
        if self.failed:
            raise self.failed

    async def _write_on(self) -> None:
        lease = self.app.settings.delivery.lease
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        while not self._finishing or self._begun or self._settled:
            try:
                async with asyncio.timeout(max(0.05, lease.total_seconds() / 4)):
                    await self._work.wait()
            except TimeoutError:
                pass
            else:
                await asyncio.sleep(GATHER_SECONDS)
            self._work.clear()
            due = loop.time() - renewed >= lease.total_seconds() / 4
            async with self.lock:
                upto, begun, settled = self._reported, self._begun, self._settled
                self._begun, self._settled = {}, []
                if begun or settled or due:
                    known = {letter.number for letter in settled if letter.state is not OutboxState.unknown}
                    await self._write({number: body for number, body in begun.items() if number not in known}, settled, renew=due)
            if due:
                renewed = loop.time()
            async with self._written:
                self._done = upto
                self._written.notify_all()
            if self.failed:
                return

    async def _write(self, begun: dict[int, bytes], settled: list[Settled], *, renew: bool) -> None:
        def write() -> None:
            with writing(self.app.engine, spares=True) as db:
                record(db, self.owner, {number: digest_of(body) for number, body in begun.items()}, settled, self.clock())
                spared = [one.recipient for one in settled if one.state is OutboxState.refused and one.tried and not one.dead_address]
                give_up(db, spared, self.app.settings.inbound.soft, self.clock())
                if renew:
                    renew_leases(db, self.owner, self.app.settings.delivery.lease)

        try:
            await asyncio.to_thread(write)
        except Exception as error:  # noqa: BLE001 - full disk, lost server, locked file: whatever it is, nothing more may leave
            self.failed = CannotRecord(
                f"outcomes cannot be recorded ({in_short(error)})",
                where="database",
                do="Mend the database and run 'composer send' again; letters under way are retried when their lease ends.",
            )
