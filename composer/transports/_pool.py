"""The pool: at most so many lanes to one server, and the letters that wait for one.

A letter takes an idle lane, else opens one, else follows a body that is on its way, else waits: then it boards behind the
next body that leaves. Nothing here runs by itself; every letter is driven by the task that sends it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from functools import cached_property

from composer.config import Smtp
from composer.dispatch.replies import Stage, silence
from composer.domain.outcome import Outcome, Verdict
from composer.logs import log
from composer.transports._connect import NoConnection, connect
from composer.transports._dialogue import Reply
from composer.transports._lane import Lane, Letter, Moved

MOVES = 2
"""How often a letter whose connection ended for another's sake looks for a new one at once."""
UNFOLLOWED = 2
"""So often in a row a server may lose what was written ahead before nothing is any more."""
MORE_AFTER_SECONDS = 60.0
"""When a server asked for fewer connections, one more is tried after this long."""
FAREWELL_SECONDS = 2.0


class Pool:
    """Lanes to the server of one section of the settings."""

    def __init__(self, section: Smtp) -> None:
        self.section = section
        self._reuse, self._rest = section.reuse, section.idle.total_seconds()
        self._lanes: set[Lane] = set()
        self._idle: list[Lane] = []
        self._waiting: deque[Letter] = deque()
        self._opening = 0
        self._allowed = section.connections
        self._more_at = 0.0
        self._unfollowed = 0
        self._name = ""
        self._closed = False
        self._sweeping: asyncio.TimerHandle | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """The system's trust store, or SSL_CERT_FILE; TLS 1.2 at least, host name checked."""
        return ssl.create_default_context()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def send(self, letter: Letter, begun: Callable[[], Awaitable[None]]) -> Outcome:
        """Carry one letter. An outcome `unreachable` means that no connection could be made and none is open."""
        for _ in range(MOVES + 1):
            lane = await self._board(letter)
            if isinstance(lane, Outcome):
                return lane
            try:
                outcome = await lane.carry(letter, begun, self._next_for)
            except Moved as moving:
                self._watch_pipelining(moving)
                letter.answers, letter.lane, letter.reset = [], None, None
            else:
                if letter.behind and outcome.verdict is Verdict.accepted:
                    self._unfollowed = 0
                return outcome
            finally:
                self._pass_on(lane, letter)
        return silence(Stage.mail, "the connection was lost")

    def _watch_pipelining(self, moving: Moved) -> None:
        """A server, or a box before it, that offers PIPELINING and cannot do it is found out, and spared from then on."""
        self._unfollowed += moving.unfollowed
        if self._unfollowed == UNFOLLOWED and moving.unfollowed:
            log.warning("pipelining_off", host=self.section.host, reason="the server offers it and loses what is written ahead")

    async def _board(self, letter: Letter) -> Lane | Outcome:
        """Return the letter's lane, its envelope perhaps written already, or what became of it without one."""
        while True:
            lane = self._idle_lane()
            if lane is None and len(self._lanes) + self._opening < self._allowed_now():
                try:
                    lane = await self._open()
                except NoConnection as trouble:
                    others = len(self._lanes) + self._opening
                    if trouble.outcome.verdict is not Verdict.unreachable or not others:
                        self._tell_waiting(trouble.outcome)
                        return trouble.outcome
                    self._fewer(others)  # there are connections, or may be in a moment: it wants no more of them
                    continue
                except BaseException:
                    self._wake_one()  # this letter is cancelled; who waited for its connection opens another
                    raise
            if lane is not None:
                lane.driver = letter
                return lane
            for roomy in self._lanes:
                if roomy.has_room and roomy.carried + 1 < self._reuse:
                    return self._follow(roomy, letter)
            outcome = await self._wait(letter)
            if isinstance(outcome, Outcome):
                return outcome
            if letter.lane is not None:
                return letter.lane

    def _follow(self, lane: Lane, letter: Letter) -> Lane | Outcome:
        """Board behind a body that is on its way."""
        refusal = lane.refusal(letter)
        if refusal:
            return refusal
        lane.board(letter)
        lane.follower, lane.has_room = letter, False
        return lane

    async def _wait(self, letter: Letter) -> Reply | Outcome | None:
        """Wait for a lane, where its envelope is answered already; for an outcome without one; or to be told to look again."""
        letter.boarded = self._loop.create_future()
        self._waiting.append(letter)
        try:
            return await letter.boarded
        except asyncio.CancelledError:
            if letter in self._waiting:
                self._waiting.remove(letter)
            elif letter.lane is not None:  # it follows a body, or was given a lane in the same moment
                letter.lane.leave(letter)
                self._pass_on(letter.lane, letter)
            else:
                self._wake_one()
            raise
        finally:
            letter.boarded = None

    def _next_for(self, lane: Lane) -> Letter | None:
        """Return the waiting letter whose envelope goes behind the body that this lane is about to write."""
        if lane.carried + 1 >= self._reuse:
            return None
        while letter := self._pop_waiting():
            assert letter.boarded is not None
            try:
                refusal = lane.refusal(letter)
            except Exception as error:  # noqa: BLE001 - another letter's trouble must not stop the body that is about to leave
                letter.boarded.set_exception(error)
                continue
            if refusal is None:
                return letter
            letter.boarded.set_result(refusal)
        return None

    def _pop_waiting(self) -> Letter | None:
        while self._waiting:
            letter = self._waiting.popleft()
            if letter.boarded is not None and not letter.boarded.done():  # else it was cancelled and does not know it yet
                return letter
        return None

    def _tell_waiting(self, outcome: Outcome) -> None:
        """Nobody is there, or TLS or sign-in fails: whoever waits would only knock once more, and mail systems lock out who does."""
        self._allowed = self.section.connections
        while letter := self._pop_waiting():
            assert letter.boarded is not None
            letter.boarded.set_result(outcome)

    def _wake_one(self) -> None:
        """Let a waiting letter look for a lane: one more may be opened."""
        letter = self._pop_waiting()
        if letter is not None and letter.boarded is not None:
            letter.boarded.set_result(None)

    def _pass_on(self, lane: Lane, letter: Letter) -> None:
        """A letter's turn is over: the lane goes to the one behind it, to one that waits, or to rest."""
        if lane.driver is not letter:
            return  # it only followed, and left; the driver will see
        lane.driver, lane.follower = lane.follower, None
        if lane.abandoned:
            lane.driver = None
            lane.dialogue.close("broken off by us")
        if lane.driver is not None:
            return
        if lane.going_away:
            self._fewer(len(self._lanes) // 2)
        if not lane.dialogue.usable or self._closed or lane.carried >= self._reuse:
            self._part(lane)
        elif waiting := self._pop_waiting():
            lane.driver = waiting
            waiting.lane = lane
            assert waiting.boarded is not None
            waiting.boarded.set_result(None)
        else:
            lane.idle_since = self._loop.time()
            self._idle.append(lane)
            if self._sweeping is None:
                self._sweeping = self._loop.call_later(self._rest, self._sweep)

    def _part(self, lane: Lane) -> None:
        """Give a lane up, politely where it is usable; somebody who waits may open another."""
        self._lanes.discard(lane)
        if lane.dialogue.usable:
            task = self._loop.create_task(lane.dialogue.quit(min(FAREWELL_SECONDS, lane.patience.command)))
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)
        self._wake_one()

    def _idle_lane(self) -> Lane | None:
        while self._idle:
            lane = self._idle.pop()
            if lane.dialogue.usable and self._loop.time() - lane.idle_since < self._rest:
                return lane
            self._part(lane)
        return None

    def _sweep(self) -> None:
        """Say goodbye on connections that nobody needed for long."""
        self._sweeping = None
        oldest = self._loop.time() - self._rest
        idle, self._idle = self._idle, []
        for lane in idle:
            if lane.dialogue.usable and lane.idle_since > oldest:
                self._idle.append(lane)
            else:
                self._part(lane)
        if self._idle:
            first = min(lane.idle_since for lane in self._idle)
            self._sweeping = self._loop.call_later(max(0.01, first - oldest), self._sweep)

    async def _open(self) -> Lane:
        self._opening += 1
        try:
            if not self._name:
                self._name = await asyncio.to_thread(socket.getfqdn)
            lane = await connect(self.section, self._context, self._name)
        finally:
            self._opening -= 1
        lane.pipelining = lane.pipelining and self._unfollowed < UNFOLLOWED
        self._lanes.add(lane)
        return lane

    def _allowed_now(self) -> int:
        if self._allowed < self.section.connections and self._loop.time() >= self._more_at:
            self._allowed += 1
            self._more_at = self._loop.time() + MORE_AFTER_SECONDS
        return self._allowed

    def _fewer(self, connections: int) -> None:
        self._allowed = max(1, min(self._allowed, connections))
        self._more_at = self._loop.time() + MORE_AFTER_SECONDS

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        idle, self._idle = self._idle, []
        for lane in idle:
            self._part(lane)
        await asyncio.gather(*self._farewells)
