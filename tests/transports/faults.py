"""A mail server that fails on purpose: at each stage it answers as told, hangs up, or says nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATES = Path(__file__).parent / "certificates"
DROP, SILENCE = "drop", "silence"
"""Close the connection without a word; say nothing for ever. Any other text is sent as the answer, as it stands."""


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
    """`faults` maps a stage (connect, ehlo, starttls, auth, mail, rcpt, data, dot) to what happens there.

    A key `rcpt@DOMAIN` or `dot@DOMAIN` holds for recipients of that domain only. `once` lets each fault happen one time.
    """

    faults: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    once: bool = False
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Every command, and whether it came in clear."""
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server falls silent on purpose."""
    connections: int = 0
    port: int = 0
    _used: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> FaultServer:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self.tls if self.implicit else None)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        secure, sender, recipient = self.implicit, "", ""
        offers = (*self.offers, *(["STARTTLS"] if self.tls and not self.implicit else []))
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
                secure, offers = True, self.offers
            elif verb == "AUTH":
                await self._answer(writer, "auth", "", "235 2.7.0 welcome")
            elif verb == "MAIL":
                sender = line.partition("<")[2].partition(">")[0]
                await self._answer(writer, "mail", "", "250 2.1.0 ok")
            elif verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                await self._answer(writer, "rcpt", recipient, "250 2.1.5 ok")
            elif verb == "DATA":
                refused = self._fault("data", recipient) is not None
                await self._answer(writer, "data", recipient, "354 go on")
                if refused:
                    continue
                body = await reader.readuntil(b"\r\n.\r\n")
                plain = (b"\r\n" + body[:-3]).replace(b"\r\n..", b"\r\n.")[2:]
                if self._fault("dot", recipient) in (None, DROP, SILENCE):
                    self.taken.append(Taken(sender, recipient, plain))
                await self._answer(writer, "dot", recipient, "250 2.0.0 kept")
            elif verb == "QUIT":
                await self._answer(writer, "quit", "", "221 bye")
                return
            else:
                await self._answer(writer, verb.lower(), "", "250 2.0.0 ok")

    def _fault(self, stage: str, recipient: str) -> str | None:
        place = f"{stage}@{recipient.rpartition('@')[2]}" if recipient else stage
        place = place if place in self.faults else stage
        return None if self.once and place in self._used else self.faults.get(place)

    async def _answer(self, writer: asyncio.StreamWriter, stage: str, recipient: str, otherwise: str) -> None:
        fault = self._fault(stage, recipient)
        self._used.update((stage, f"{stage}@{recipient.rpartition('@')[2]}"))
        if fault == DROP:
            raise ConnectionAbortedError
        if fault == SILENCE:
            self.silent.set()
            await asyncio.Event().wait()
        writer.write(f"{otherwise if fault is None else fault}\r\n".encode())
        await writer.drain()
