"""The SMTP dialogue of one connection that is connected, secured and signed in already.

aiosmtplib opens the connection; from then on this protocol owns it, because aiosmtplib cannot tell on which side of
the final dot a connection broke, goes on with the leftovers of a malformed reply, and waits after every command. Here
each command gets its own answer, in order; everything out of place is trouble, and a dialogue in trouble is closed,
never used again.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import Any, NamedTuple

LONGEST_REPLY = 32_768
TAIL = 1_024
"""At most this many bytes may be written behind a final dot. While more are unsent, the dot is surely unsent."""


ROOM = 4_096
"""Bytes read at once."""
_PLAIN = re.compile(rb"([1-5][0-9][0-9])(?: ([^\n]*?))?\r?\n")
"""A reply of one line, as nearly all are."""


class Reply(NamedTuple):
    """A whole answer: code 100..599 and its lines joined by blanks. Code 0: there is none, and `words` say why, without any address."""

    code: int
    words: bytes
    early: bool = False
    """For a body: whether its final dot had not left us yet, so that it was surely not taken."""

    @property
    def text(self) -> str:
        return self.words.decode("utf-8", "replace")


class Dialogue(asyncio.BufferedProtocol):
    """Commands out, answers in. `usable` until something odd was seen."""

    def __init__(self, transport: asyncio.Transport, seconds: float) -> None:
        """Take over a transport; each command's answer may take `seconds`, and so may a server that stops reading."""
        self._transport, self._seconds = transport, seconds
        self._loop = asyncio.get_running_loop()
        self._room = memoryview(bytearray(ROOM))
        self._buffer = b""
        self._owed: deque[tuple[asyncio.Future[Reply], float]] = deque()
        self._trouble = ""
        self._stuck = -1
        """Unsent bytes when last looked at, or -1 where (nearly) everything left us."""
        self._deadline = self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        transport.set_protocol(self)
        transport.set_write_buffer_limits(high=TAIL, low=TAIL)

    @property
    def usable(self) -> bool:
        """Whether nothing odd was seen so far."""
        return not self._trouble

    def say(self, data: bytes, *patience: float, last: asyncio.Future[Any] | None = None) -> list[asyncio.Future[Reply]]:
        """Write commands; return a future for the answer to each, the last one being `last` where it is given.

        `patience` holds the seconds that each answer may take. The futures never raise: without an answer their reply has
        code 0. Never more than TAIL bytes may follow a body.
        """
        new = self._loop.create_future
        answers: list[asyncio.Future[Reply]] = [new() for _ in patience] if last is None else [*(new() for _ in patience[1:]), last]
        if self._trouble:
            for answer in answers:
                answer.set_result(Reply(0, self._trouble.encode(), early=True))  # nothing is written
            return answers
        first = not self._owed
        self._owed.extend(zip(answers, patience, strict=True))
        self._transport.write(data)
        if first and self._owed and self._stuck < 0:
            self._wait(self._owed[0][1])
        return answers

    def get_buffer(self, sizehint: int) -> memoryview:
        """Answers are small: asyncio's own way sets aside 256 kB for each read."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._room[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Take what came, in whatever pieces."""
        if self._buffer:
            data = self._buffer + data
        start = 0
        while start < len(data) and not self._trouble:
            if not self._owed:
                self._break("the server spoke out of turn")
                return
            plain = _PLAIN.match(data, start)
            if plain:
                reply, start = Reply(int(plain[1]), plain[2] or b""), plain.end()
            else:
                try:
                    several, start = _take_reply(data, start)
                except ValueError as error:
                    self._break(str(error))
                    return
                if several is None:
                    break
                reply = several
            self._take(reply)
        self._buffer = data[start:]
        if self._owed and self._stuck < 0:
            self._wait(self._owed[0][1])

    def _take(self, reply: Reply) -> None:
        """Hand a reply to the command that waited longest; one for a body whose dot has not left us ends the dialogue."""
        answer, _ = self._owed.popleft()
        early = self._stuck >= 0
        if not answer.done():  # who waited may have been cancelled
            answer.set_result(reply._replace(early=True) if early else reply)
        if early:
            self._break("the server answered before the end of the body")

    def pause_writing(self) -> None:
        """The server reads more slowly than we write: from now on it has to make progress, and to end in time."""
        self._stuck = self._transport.get_write_buffer_size()
        self._last = self._loop.time() + (self._owed[0][1] if self._owed else self._seconds)
        self._wait(self._seconds)

    def resume_writing(self) -> None:
        self._stuck = -1
        if self._owed:
            self._wait(self._owed[0][1])

    def eof_received(self) -> bool:
        self._break("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break("the connection was lost")

    def _wait(self, seconds: float) -> None:
        """Set the one deadline; the timer is moved only where it would ring too late."""
        self._deadline = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self._loop.time()
        if self._stuck >= 0 and now >= self._deadline:
            left = self._transport.get_write_buffer_size()
            if left >= self._stuck or now >= self._last:
                self._break("the server takes no more of the body")
                return
            self._stuck = left
            self._wait(self._seconds)
        elif self._owed and now >= self._deadline:
            self._break("no answer in time")
        elif self._owed:
            self._timer = self._loop.call_at(self._deadline, self._ring)

    def _break(self, trouble: str) -> None:
        """Answer what is owed with the trouble, and close: aborting also throws away what was not sent yet."""
        if self._trouble:
            return
        self._trouble = trouble
        if self._timer is not None:
            self._timer.cancel()
        for answer, _ in self._owed:
            if not answer.done():
                answer.set_result(Reply(0, trouble.encode(), self._stuck >= 0))
        self._owed.clear()
        self._transport.abort()

    async def quit(self, seconds: float) -> None:
        """Say goodbye where that makes sense, and close."""
        if self.usable and not self._owed:
            await asyncio.wait(self.say(b"QUIT\r\n", seconds))
        self.close()

    def close(self, why: str = "closed by us") -> None:
        """Close at once; nothing more leaves."""
        self._break(why)


def _take_reply(buffer: bytes, start: int = 0) -> tuple[Reply | None, int]:
    """Read one whole reply (RFC 5321 4.2.1) from `start` on; return it and where it ends, None while it is not complete.

    ValueError where it is no reply.
    """
    lines: list[bytes] = []
    place = start
    while (end := buffer.find(b"\n", place)) >= 0:
        line = buffer[place:end].rstrip(b"\r")
        place = end + 1
        if not (line[:3].isdigit() and b"100" <= line[:3] <= b"599" and line[3:4] in (b"", b" ", b"-")):
            raise ValueError("an answer that is not SMTP")
        if lines and line[:3] != lines[0][:3]:
            raise ValueError("an answer with two codes")
        lines.append(line)
        if line[3:4] != b"-":
            return Reply(int(line[:3]), b" ".join(part[4:] for part in lines)), place
        if place - start > LONGEST_REPLY:
            break
    if len(buffer) - start > LONGEST_REPLY:
        raise ValueError("an endless answer")
    return None, start
