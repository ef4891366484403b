"""A mail server that fails by the recipient's domain, logs every transaction, and outlives whoever talks to it.

The first label of the domain says what goes wrong: `STAGE-FAULT[-xTIMES]`, such as `rcpt-450-x2.example.com` (the first
two tries of each recipient are answered 450) or `dot-drop.example.com`. Stages: rcpt, data, body, dot. Faults: an answer's code,
drop, silence, garbage, huge, twice, slow. `Terms` says what goes wrong before anybody is named: at connecting, TLS, sign-in.
Run beside the sender: `python -m tests.faults.server --log FILE --ready FILE`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from email.parser import BytesHeaderParser
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.transports.faults import certificate

FAULT = re.compile(r"(rcpt|data|body|dot)-([a-z]+|[245]\d\d)(?:-x(\d+))?")
TEXTS = {
    421: "4.3.2 closing, come back later",
    450: "4.2.0 greylisted, try again later",
    451: "4.3.0 try again later",
    452: "4.2.2 mailbox full",
    550: "5.1.1 no such user here",
    551: "5.1.6 user has moved",
    552: "5.2.2 mailbox is over quota",
    553: "5.1.3 that is no mailbox name",
    554: "5.7.1 refused by our content policy",
}
GARBAGE, HUGE, SLOW_SECONDS = b"\x00\xffnothing like SMTP\r\n", b"250-" + b"x" * 200 + b"\r\n", 0.3
ORDINARY = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000")


@dataclass(frozen=True, slots=True)
class Taken:
    """One letter that the server took. Times are seconds of the machine's monotonic clock, which all its processes share."""

    recipient: str
    message_id: str
    digest: str
    """sha256 of the bytes, dots undoubled."""
    data_at: float
    """When DATA was read."""
    dot_at: float
    """When the last byte was there: from now on it is taken."""
    answered: bool
    """Whether the answer was written; else the connection broke, or was told to."""
    answered_at: float
    connection: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What goes wrong for everybody. 0 and "" mean: nothing."""

    offers: tuple[str, ...] = ORDINARY
    delay: float = 0.0
    """Seconds before each answer to the final dot."""
    latency: float = 0.0
    """Seconds before each other answer."""
    most: int = 0
    """So many connections at once; more are answered 421."""
    busy: int = 0
    """So many connections are answered 421 before the first is taken."""
    letters: int = 0
    """421 to the next MAIL after so many letters on a connection."""
    auth: str = ""
    """Answer to a sign-in; AUTH is offered where it is given."""
    certificate: str = ""
    implicit: bool = False
    stripped: bool = False
    """STARTTLS is not offered though there is a certificate."""
    greeting: str = "220 mail.example.com ESMTP"


@dataclass
class Server:
    """`async with Server(...) as server:` listens on loopback; `taken`, `seen` and `said` fill up, and the log where there is one."""

    terms: Terms = field(default_factory=Terms)
    log: Path | None = None
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    """When RCPT of each recipient was read first."""
    said: list[str] = field(default_factory=list)
    """Commands without their arguments, "(clear) " before those that came in clear."""
    heard: Callable[[str], None] = lambda recipient: None
    """Called with each recipient at the first RCPT, before it is answered: the letter is on its way."""
    tries: Counter[str] = field(default_factory=Counter)
    """How often RCPT was asked for each recipient."""
    open: int = 0
    most_open: int = 0
    connections: int = 0
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    _faults: Counter[str] = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Server:
        self._out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if self.log else -1
        self._tls = certificate(self.terms.certificate) if self.terms.certificate else None
        wrapped = self._tls if self.terms.implicit else None
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, ssl=wrapped, limit=1 << 22, backlog=200)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        if self._out >= 0:
            os.close(self._out)

    def note(self, **event: Any) -> None:
        """Append one line to the log in one write: a kill of anybody else leaves it whole."""
        if self._out >= 0:
            os.write(self._out, json.dumps(event).encode() + b"\n")

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open += 1
        self.connections += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await _Talk(self, reader, writer, self.connections).go()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError, TimeoutError):
            pass
        except asyncio.CancelledError:
            pass  # the server stops; asyncio's streams of Python 3.11 log a task that ends as cancelled
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    def fault(self, stage: str, recipient: str, *, count: bool = True) -> str:
        """What goes wrong at a stage for a recipient, now; "" for nothing. Counting uses up one of its times."""
        named = FAULT.fullmatch(recipient.rpartition("@")[2].partition(".")[0])
        if named is None or named[1] != stage:
            return ""
        times, key = int(named[3] or 1_000_000), f"{stage} {recipient}"
        if self._faults[key] >= times:
            return ""
        self._faults[key] += count
        return named[2]


class _Talk:
    """One connection."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.server, self.reader, self.writer, self.number = server, reader, writer, number
        self.terms, self.secure, self.recipients, self.letters = server.terms, server.terms.implicit, list[str](), 0

    async def say(self, text: str, delay: float | None = None) -> None:
        pause = self.server.terms.latency if delay is None else delay
        if pause:
            await asyncio.sleep(pause)
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def misbehave(self, fault: str, ordinary: str) -> bool:
        """Answer as the fault says. True where the stage was refused."""
        if fault.isdigit():
            await self.say(f"{fault} {TEXTS.get(int(fault), '5.0.0 no' if fault[0] == '5' else '4.0.0 not now')}")
            if fault == "421":
                raise ConnectionAbortedError
            return fault[0] in "45"
        if fault == "drop":
            raise ConnectionAbortedError
        if fault == "silence":
            self.server.silent.set()
            await self.reader.read()  # until the other side has had enough
            raise ConnectionAbortedError
        if fault == "garbage":
            self.writer.write(GARBAGE)
            await self.writer.drain()
            return True
        if fault == "huge":
            for _ in range(1000):
                self.writer.write(HUGE)
                await self.writer.drain()
            raise ConnectionAbortedError
        if fault == "twice":
            await self.say(f"{ordinary}\r\n{ordinary}")
            return False
        assert fault == "slow", fault
        await self.say(ordinary, SLOW_SECONDS)
        return False

    async def go(self) -> None:
        if self.server.connections <= self.terms.busy or 0 < self.terms.most < self.server.open:
            await self.say("421 4.7.0 too many connections, come back later")
            return
        await self.say(self.terms.greeting)
        while True:
            line = (await self.reader.readuntil(b"\n")).decode("utf-8", "replace").strip()
            verb = line.partition(" ")[0].upper()
            self.server.said.append(verb if self.secure else f"(clear) {verb}")
            if verb in ("EHLO", "HELO"):
                await self._greet()
            elif verb == "STARTTLS" and self.server._tls:
                await self.say("220 2.0.0 go ahead")
                await self.writer.start_tls(self.server._tls)
                self.secure = True
            elif verb == "AUTH":
                await self.say(self.terms.auth)
            elif verb == "MAIL":
                await self._begin()
            elif verb == "RCPT":
                await self._address(line.partition("<")[2].rpartition(">")[0])
            elif verb == "DATA":
                await self._data()
            elif verb == "QUIT":
                await self.say("221 2.0.0 bye", 0)
                return
            else:
                self.recipients = []
                await self.say("250 2.0.0 ok")

    async def _greet(self) -> None:
        offers = [*self.terms.offers]
        if self.server._tls and not self.secure and not self.terms.stripped:
            offers.append("STARTTLS")
        if self.terms.auth:
            offers.append("AUTH PLAIN LOGIN")
        lines = ["mail.example.com", *offers]
        await self.say("\r\n".join([*(f"250-{text}" for text in lines[:-1]), f"250 {lines[-1]}"]))

    async def _begin(self) -> None:
        self.recipients = []
        if 0 < self.terms.letters <= self.letters:
            await self.say("421 4.7.0 enough letters on this connection")
            raise ConnectionAbortedError
        await self.say("250 2.1.0 ok")

    async def _address(self, recipient: str) -> None:
        self.server.tries[recipient] += 1
        if recipient not in self.server.seen:
            self.server.seen[recipient] = time.monotonic()
            self.server.note(rcpt=recipient, at=self.server.seen[recipient])
            self.server.heard(recipient)
        fault = self.server.fault("rcpt", recipient)
        if fault and await self.misbehave(fault, "250 2.1.5 ok"):
            return
        self.recipients.append(recipient)
        if not fault:
            await self.say("250 2.1.5 ok")

    async def _data(self) -> None:
        began = time.monotonic()
        if not self.recipients:
            await self.say("503 5.5.1 nobody to deliver to")
            return
        recipient = self.recipients[0]
        fault = self.server.fault("data", recipient)
        if fault:
            if await self.misbehave(fault, "354 go on"):
                return
        else:
            await self.say("354 go on")
        if self.server.fault("body", recipient) == "drop":
            await self.reader.readuntil(b"\n")
            raise ConnectionAbortedError
        body = await self.reader.readuntil(b"\r\n.\r\n")
        ended = time.monotonic()
        plain = (b"\r\n" + body[:-3]).replace(b"\r\n..", b"\r\n.")[2:]
        fault = self.server.fault("dot", recipient)
        answered = True
        try:
            if fault and await self.misbehave(fault, "250 2.0.0 kept"):
                answered = False
                if fault.isdigit():
                    self.recipients = []  # refused is not taken
            elif not fault:
                await self.say("250 2.0.0 kept", self.terms.delay)
        except BaseException:
            answered = False
            raise
        finally:
            self._keep(plain, began, ended, answered=answered)

    def _keep(self, data: bytes, began: float, ended: float, *, answered: bool) -> None:
        message_id = str(BytesHeaderParser().parsebytes(data)["Message-ID"])
        self.letters += 1
        for recipient in self.recipients:
            kept = Taken(recipient, message_id, sha256(data).hexdigest(), began, ended, answered, time.monotonic(), self.number)
            self.server.taken.append(kept)
            self.server.note(**asdict(kept))
        self.recipients = []


async def _serve(terms: Terms, log: Path, ready: Path, port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Server(terms, log, port) as server:
        half = ready.with_suffix(".half")
        half.write_text(str(server.port))
        half.replace(ready)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A mail server that fails by the recipient's domain.")
    parser.add_argument("--log", type=Path, required=True, help="one JSON object a line: letters taken, and each recipient's first RCPT")
    parser.add_argument("--ready", type=Path, required=True, help="is written with the port once the server listens")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--terms", type=json.loads, default={}, help="fields of Terms, as JSON")
    given = parser.parse_args()
    terms = Terms(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.terms.items()})
    asyncio.run(_serve(terms, given.log, given.ready, given.port))


if __name__ == "__main__":
    main()
