"""A mail server that fails on purpose: at each stage it answers as told, hangs up, or says nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

CERTIFICATES = Path(__file__).parent / "certificates"
DROP, SILENCE, DOUBLED = "drop", "silence", "doubled"
"""Close without a word; say nothing for ever; say what is due, twice. Any other text is sent as the answer, as it stands."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter the server answered 250 for (or took and then kept silent about)."""

    sender: str
    recipient: str
    data: bytes


def certificate(name: str) -> ssl.SSLContext:
    """A server's side of TLS with one of the certificates beside this file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


@dataclass
class FaultServer:
    """`faults` maps a stage (connect, ehlo, starttls, auth, mail, rcpt, data, body, dot, rset) to what happens there.

    A key `rcpt@DOMAIN`, `data@DOMAIN`, `body@DOMAIN` or `dot@DOMAIN` holds for recipients of that domain only; `body` is the
    moment when the body's first line has come. `once` lets each fault happen one time. A `script` gives the faults of mail,
    rcpt, data, dot and rset one after the other, None for none, whatever stage comes.
    """

    pipelining: ClassVar[bool] = True
    """Whether PIPELINING is offered; a test may turn it off for all servers it makes."""

    faults: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    once: bool = False
    script: Iterator[str | None] | None = None
    most: int = 0
    """So many connections are served at once; others get 421. 0: as many as come."""
    lax: bool = False
    """Answer 354 to DATA whatever was said to RCPT, as RFC 2920 3.1 says that servers may."""
    deaf: bool = False
    """Lose what was written ahead behind a final dot, as some boxes before mail servers do."""
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Every command, and whether it came in clear."""
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server falls silent on purpose."""
    connections: int = 0
    dots: int = 0
    """Letters that were ended, also those for nobody."""
    ahead: int = 0
    """How often something was there already when a letter had ended."""
    port: int = 0
    wanted_port: int = 0
    _used: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> FaultServer:
        self._server = await asyncio.start_server(
            self._meet, "127.0.0.1", self.wanted_port, limit=2**24, ssl=self.tls if self.implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Close every connection."""
        for task in self._tasks:
            task.cancel()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass  # ended by the other side, or told to end: asyncio's streams would report a cancelled handler as an error
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        secure, sender, recipient = self.implicit, "", ""
        at = "mail"
        """The command that is in turn: mail, rcpt or data."""
        ahead = ("PIPELINING",) if self.pipelining else ()
        offers = (*ahead, *self.offers, *(["STARTTLS"] if self.tls and not self.implicit else []))
        if self.most and len(self._tasks) > self.most:
            writer.write(b"421 4.7.0 too many connections\r\n")
            await writer.drain()
            return
        await self._answer(writer, "connect", "", "220 mail.example.com ESMTP")
        while True:
            line = (await reader.readuntil(b"\n")).decode("utf-8", "replace").strip()
            verb = line.partition(" ")[0].upper()
            self.said.append(line if secure else f"(clear) {line}")
            if verb in ("EHLO", "HELO"):
                lines = ["mail.example.com", *offers]
                text = "\r\n".join([*(f"250-{offer}" for offer in lines[:-1]), f"250 {lines[-1]}"])
                await self._answer(writer, "ehlo", "", text)
            elif verb == "STARTTLS":
                await self._answer(writer, "starttls", "", "220 go ahead")
                await writer.start_tls(self.tls or certificate("trusted"))
                secure, offers = True, (*ahead, *self.offers)
            elif verb == "AUTH":
                await self._answer(writer, "auth", "", "235 2.7.0 welcome")
            elif verb == "MAIL" and at != "mail":
                await self._answer(writer, "order", "", "503 5.5.1 nested MAIL")
            elif verb == "MAIL":
                sender = line.partition("<")[2].partition(">")[0]
                at = "rcpt" if (await self._answer(writer, "mail", "", "250 2.1.0 ok")).startswith("2") else "mail"
            elif verb == "RCPT" and at == "mail":
                await self._answer(writer, "order", "", "503 5.5.1 need MAIL before RCPT")
            elif verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                at = "data" if (await self._answer(writer, "rcpt", recipient, "250 2.1.5 ok")).startswith("2") else "rcpt"
            elif verb == "DATA" and at != "data" and not self.lax:
                await self._answer(writer, "order", "", "503 5.5.1 need RCPT before DATA")
            elif verb == "DATA":
                if not (await self._answer(writer, "data", recipient, "354 go on")).startswith("354"):
                    continue
                body = await self._read_body(reader, writer, recipient)
                for_somebody, at = at == "data", "mail"
                self.dots += 1
                await asyncio.sleep(0)
                self.ahead += bool(reader._buffer)  # type: ignore[attr-defined]
                if self.deaf:
                    await asyncio.sleep(0.01)
                    reader._buffer.clear()  # type: ignore[attr-defined]
                if not for_somebody:
                    await self._answer(writer, "order", "", "554 5.5.1 no valid recipients")
                    continue
                fault = self._fault("dot", recipient)
                if fault in (None, DROP, SILENCE) or not fault.startswith(("4", "5")):
                    self.taken.append(Taken(sender, recipient, body))
                await self._answer(writer, "dot", recipient, "250 2.0.0 kept", fault)
            elif verb == "RSET":
                at = "mail" if (await self._answer(writer, "rset", "", "250 2.0.0 ok")).startswith("2") else at
            elif verb == "QUIT":
                await self._answer(writer, "quit", "", "221 bye")
                return
            else:
                await self._answer(writer, "unknown", "", "500 5.5.2 what")

    async def _read_body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, recipient: str) -> bytes:
        lines: list[bytes] = []
        while (line := await reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
            if len(lines) == 1 and self.script is None and self._fault("body", recipient):
                await self._answer(writer, "body", recipient, "")
                raise ConnectionAbortedError
        return b"".join(lines)

    def _fault(self, stage: str, recipient: str) -> str | None:
        if self.script is not None and stage in ("mail", "rcpt", "data", "dot", "rset"):
            return next(self.script, None)
        place = f"{stage}@{recipient.rpartition('@')[2]}" if recipient else stage
        place = place if place in self.faults else stage
        return None if self.once and place in self._used else self.faults.get(place)

    async def _answer(self, writer: asyncio.StreamWriter, stage: str, recipient: str, otherwise: str, fault: str | None = "") -> str:
        """Answer, and return what was said. `fault` is what happens, where it is known already."""
        fault = self._fault(stage, recipient) if fault == "" else fault
        self._used.update((stage, f"{stage}@{recipient.rpartition('@')[2]}"))
        if fault == DROP:
            raise ConnectionAbortedError
        if fault == SILENCE:
            self.silent.set()
            await asyncio.Event().wait()
        said = otherwise if fault is None else f"{otherwise}\r\n{otherwise}" if fault == DOUBLED else fault
        writer.write(f"{said}\r\n".encode())
        await writer.drain()
        return said
