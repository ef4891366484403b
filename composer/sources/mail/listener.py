"""The listener: an LMTP (RFC 2033) or SMTP (RFC 5321) server that takes mail for our own address and for nobody else.

It is meant for the mail server beside it, on loopback, where TLS protects nothing; others must be named
(`inbound.clients`). It relays nothing. Its answer is 250 only after the mail has been taken, 451 where it cannot be taken
now, so that the mail server keeps it and comes again.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from composer.config import Inbound
from composer.errors import ComposerError, in_short
from composer.logs import log
from composer.sources.mail import Take, is_ours

MOST_RECIPIENTS = 100
"""RFC 5321, 4.5.3.1.8: what every server must be able to take."""
COMMANDS = {"*": 20, "MAIL": 1000, "RCPT": 10_000, "DATA": 1000, "RSET": 1000}
"""Commands of a kind in one connection; one more ends it with 421."""
PATIENCE_SECONDS = 5.0
"""How long a mail under way may take to be committed once the listener is told to stop."""
_LOOPBACK = ("127.0.0.0/8", "::1/128")


class Listener:
    """Listens from `start` to `stop`. `port` is the one it has."""

    def __init__(self, inbound: Inbound, take: Take) -> None:
        self.inbound = inbound
        self._take = take
        self._networks = [ip_network(word.strip(), strict=False) for word in (inbound.clients or _LOOPBACK)]
        # Two at once: the database has one writer, and reading a mail holds the interpreter.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="inbound")
        self._server: asyncio.Server | None = None
        self._open: Counter[str] = Counter()
        self._connections: set[_Connection] = set()
        self.port = 0

    async def start(self) -> None:
        """Begin to listen. Raises ComposerError where the place cannot be had."""
        logging.getLogger("mail.log").disabled = True  # aiosmtpd writes addresses and whole commands there
        loop = asyncio.get_running_loop()
        kind = _Lmtp if self.inbound.protocol == "lmtp" else _Smtp
        host, port = self.inbound.place
        try:
            family, *_, address = (await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))[0]
            listening = socket.create_server((str(address[0]), port), family=family, backlog=100)
        except OSError as error:
            raise ComposerError(
                f"cannot listen for mail ({error.strerror})",
                where=f"{host}:{port}",
                do="Choose another inbound.listen, or stop what listens there.",
            ) from None
        self.port = int(listening.getsockname()[1])
        self._server = await loop.create_server(lambda: kind(self), sock=listening)

    async def stop(self) -> None:
        """Take no more connections, let mails under way be taken and answered, and close."""
        if self._server is not None:
            self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while any(connection.busy for connection in self._connections):  # noqa: ASYNC110 - once, at the end
                    await asyncio.sleep(0.02)
        for connection in list(self._connections):
            if connection.transport is not None:
                connection.transport.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def refuses(self, peer: Any) -> str:
        """Return why a client may not come in; empty: it may."""
        try:
            client = ip_address(str(peer[0]).partition("%")[0])
        except (ValueError, TypeError, IndexError):
            return "554 5.7.1 who are you"
        client = getattr(client, "ipv4_mapped", None) or client
        if not any(client in network for network in self._networks):
            return "554 5.7.1 this server is not for you"
        most = self.inbound.connections
        if self._open.total() >= most or self._open[str(peer[0])] >= max(1, most * 3 // 4):  # a quarter stays for others
            return "421 4.7.0 too many connections, come again"
        return ""

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: list[str]) -> list[str]:  # noqa: N802
        """What the client says must not be sent alone: LMTP demands PIPELINING (RFC 2033, 5); commands are read one by one anyway."""
        session.host_name = name
        return [*answers[:-1], "250-PIPELINING", answers[-1]]

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if not is_ours(self.inbound.address, address):
            return "550 5.1.1 no such recipient here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content
        answers = [await self._taken(raw, recipient) for recipient in envelope.rcpt_tos] if isinstance(raw, bytes) else []
        server.due = 0
        bad = next((answer for answer in answers if not answer.startswith("250")), "")
        return "\r\n".join(answers) if server.answers_each else bad or "250 2.0.0 taken"

    async def _taken(self, raw: bytes, recipient: str) -> str:
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._take, raw, recipient)
        except ComposerError as error:
            log.warning("mail_not_taken", way="listener", error=in_short(error))
            return "451 4.3.0 cannot be taken now, come again"
        except Exception as error:  # noqa: BLE001 - one mail's trouble must not end the listener; the mail server keeps the mail
            log.error("mail_not_taken", way="listener", error=in_short(error))
            return "451 4.3.0 cannot be taken, come again"
        return "250 2.0.0 taken"

    async def handle_exception(self, error: Exception) -> str:
        """aiosmtpd would tell the client, and its log, the words of any error."""
        log.warning("mail_session_failed", error=in_short(error))
        return "451 4.3.0 that did not work"

    def enter(self, connection: Any, client: str) -> None:
        self._open[client] += 1
        self._connections.add(connection)

    def leave(self, connection: Any, client: str) -> None:
        self._open[client] -= 1
        self._connections.discard(connection)


class _Connection(SMTP):
    """What both protocols have: strangers are kept out, long lines taken, and it is known when a mail is under way."""

    line_length_limit = 65_536
    """Mails that were bounced are not always wrapped at 998."""
    answers_each = False
    due = 0
    """Answers to the dot that are still owed."""

    def __init__(self, listener: Listener) -> None:
        inbound = listener.inbound
        self.command_size_limits = defaultdict(lambda: 4096)  # its own would refuse the longest addresses
        super().__init__(
            listener,
            data_size_limit=inbound.size_limit,
            enable_SMTPUTF8=True,
            hostname=inbound.address.rpartition("@")[2],
            ident="Composer",
            timeout=inbound.timeout.total_seconds(),
            command_call_limit=COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        self._listener = listener
        self._client = ""
        self.busy = False

    def connection_made(self, transport: Any) -> None:
        peer = transport.get_extra_info("peername")
        if refusal := self._listener.refuses(peer):
            transport.write(f"{refusal}\r\n".encode())
            transport.close()
            return
        # asyncio does it for sockets whose protocol is named only: without it each answer waits 40 ms for the one before.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = str(peer[0])
        self._listener.enter(self, self._client)
        super().connection_made(transport)
        if self._handler_coroutine is not None:  # a connection that breaks is no news
            self._handler_coroutine.add_done_callback(lambda task: task.cancelled() or task.exception())

    def data_received(self, data: bytes) -> None:
        if self._client:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._client else False

    def connection_lost(self, error: Exception | None) -> None:
        if self._client:
            self._listener.leave(self, self._client)
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        self.busy = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self.busy = False


class _Smtp(_Connection):
    pass


class _Lmtp(_Connection, LMTP):
    """LMTP answers the dot once for each recipient (RFC 2033, 4.2), which aiosmtpd leaves to its users."""

    answers_each = True

    async def push(self, status: Any) -> None:
        if self.busy and self.envelope is not None and status.startswith("354"):
            self.due = len(self.envelope.rcpt_tos)
        elif self.due and not status.startswith("250"):  # too big, or a line too long: handle_DATA was not asked
            status = "\r\n".join([status] * self.due)
        await super().push(status)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        try:
            await super().smtp_DATA(arg)
        finally:
            self.due = 0
