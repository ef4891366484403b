"""The SMTP dialogue of one connection that is connected, secured and signed in already.

aiosmtplib opens the connection; from then on this protocol owns it, because aiosmtplib cannot tell on which side of
the final dot a connection broke, and goes on with the leftovers of a malformed reply. Here one command has one answer,
and everything out of place is `Broken`: a broken dialogue is closed, never used again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NamedTuple

LONGEST_REPLY = 32_768


class Broken(Exception):
    """The dialogue cannot be trusted any more; the text says why, without any address."""


class Reply(NamedTuple):
    """A whole answer: code 100..599 and its lines joined by blanks."""

    code: int
    text: str


class Dialogue(asyncio.Protocol):
    """Commands out, answers in, strictly in turn."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer = bytearray()
        self._waiter: asyncio.Future[Reply] | None = None
        self._trouble = ""
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        """Whether nothing odd was seen so far."""
        return not self._trouble and not self._buffer

    async def ask(self, data: bytes, seconds: float) -> Reply:
        """Write `data` and wait at most `seconds` for its one answer. Raises Broken."""
        if not self.usable:
            raise Broken(self._trouble or "the server spoke out of turn")
        waiter: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        self._transport.write(data)
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except TimeoutError:
            self._break("no answer in time")
            raise Broken("no answer in time") from None
        except asyncio.CancelledError:
            self._break("broken off by us")
            raise
        finally:
            self._waiter = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._waiter is None or self._waiter.done():
            self._break("the server spoke out of turn")
            return
        try:
            reply = _take_reply(self._buffer)
        except ValueError as error:
            self._break(str(error))
            return
        if reply is not None:
            self._waiter.set_result(reply)

    def eof_received(self) -> bool:
        self._break("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break("the connection was lost")

    def _break(self, trouble: str) -> None:
        self._trouble = self._trouble or trouble
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(Broken(trouble))

    async def quit(self, seconds: float) -> None:
        """Say goodbye where that makes sense, and close."""
        if self.usable:
            with suppress(Broken):
                await self.ask(b"QUIT\r\n", seconds)
        self.close()

    def close(self) -> None:
        self._trouble = self._trouble or "closed by us"
        self._transport.abort()


def _take_reply(buffer: bytearray) -> Reply | None:
    """Take one whole reply (RFC 5321 4.2.1) off the buffer; None where it is not complete. ValueError: not a reply."""
    lines: list[bytes] = []
    start = 0
    while (end := buffer.find(b"\n", start)) >= 0:
        line = bytes(buffer[start:end]).rstrip(b"\r")
        start = end + 1
        if not (line[:3].isdigit() and b"100" <= line[:3] <= b"599" and line[3:4] in (b"", b" ", b"-")):
            raise ValueError("an answer that is not SMTP")
        if lines and line[:3] != lines[0][:3]:
            raise ValueError("an answer with two codes")
        lines.append(line)
        if line[3:4] != b"-":
            del buffer[:start]
            return Reply(int(line[:3]), " ".join(part[4:].decode("utf-8", "replace") for part in lines))
        if start > LONGEST_REPLY:
            break
    if len(buffer) > LONGEST_REPLY:
        raise ValueError("an endless answer")
    return None
