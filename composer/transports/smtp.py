"""SMTP: a pool of connections; each letter is one MAIL, one RCPT, a last look at the opt-outs, and DATA."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import cached_property
from ipaddress import ip_address

from composer.config import Settings, Smtp
from composer.dispatch.replies import Stage, classify, silence
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.errors import UsageError
from composer.transports import no_matter
from composer.transports._connect import Connection, NoConnection, connect
from composer.transports._dialogue import Broken, Reply

_ENVELOPE = re.compile(r'(?:[^\s<>@"\x00-\x1f\x7f]+|"[^<>\r\n\x00-\x1f\x7f]+")@[^\s<>@\x00-\x1f\x7f]+')
WITHDRAWN = Outcome(Verdict.withdrawn)


def open_transport(settings: Settings) -> SmtpTransport:
    """Return the transport; it connects with its first letter. UsageError where a password would go in clear."""
    section = settings.smtp
    if section.username and section.start_tls == "off" and not _loopback(section.host):
        raise UsageError(
            "the password would go over the wire in clear",
            where="smtp.start_tls",
            do='Set smtp.start_tls to "required" or "implicit", or leave smtp.username empty.',
        )
    return SmtpTransport(section)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class SmtpTransport:
    """A pool of at most `smtp.connections` connections. One that answered oddly is closed, never used again."""

    def __init__(self, section: Smtp) -> None:
        self._section = section
        self._idle: list[Connection] = []
        self._slots = asyncio.Semaphore(section.connections)
        self._name = ""

    @property
    def connections(self) -> int:
        return self._section.connections

    @property
    def depth(self) -> int:
        return self._section.connections

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """The system's trust store, or SSL_CERT_FILE; TLS 1.2 at least, host name checked."""
        return ssl.create_default_context()

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        refusal = unfit(message)
        if refusal:
            return Outcome(Verdict.refused, 0, refusal)
        async with self._slots:
            try:
                connection = await self._open()
            except NoConnection as trouble:
                return trouble.outcome
            try:
                outcome = await _hand_over(connection, message, still_wanted, begun, self._section)
                if outcome.verdict is not Verdict.accepted:
                    await self._reset(connection)
            except BaseException:
                connection.dialogue.close()
                raise
            if connection.dialogue.usable:
                self._idle.append(connection)
            else:
                connection.dialogue.close()
            return outcome

    async def _open(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.dialogue.usable:
                return connection
            connection.dialogue.close()
        if not self._name:
            self._name = await asyncio.to_thread(socket.getfqdn)
        return await connect(self._section, self._context, self._name)

    async def _reset(self, connection: Connection) -> None:
        """Forget the refused letter's envelope, or close where the server does not follow."""
        try:
            reply = await connection.dialogue.ask(b"RSET\r\n", self._section.timeout.total_seconds())
        except Broken:
            connection.dialogue.close()
        else:
            if reply.code != 250:
                connection.dialogue.close()

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.dialogue.quit(min(2.0, self._section.timeout.total_seconds())) for connection in idle))


def unfit(message: Message) -> str:
    """Return why a message cannot go over SMTP as it stands, or an empty string."""
    data = message.data
    if not data.count(b"\n") == data.count(b"\r") == data.count(b"\r\n") or not data.endswith(b"\r\n"):
        return "a line of the message does not end with CRLF"
    if not (_ENVELOPE.fullmatch(message.sender) and _ENVELOPE.fullmatch(message.recipient)):
        return "an envelope address that SMTP cannot carry"
    return ""


async def _hand_over(
    connection: Connection, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]], section: Smtp
) -> Outcome:
    """One letter's dialogue. The stage is moved on before each step, so that silence is judged by how far we had come."""
    seconds, names = section.timeout.total_seconds(), (message.sender, message.recipient)
    ask = connection.dialogue.ask
    utf8 = not (message.sender + message.recipient).isascii()
    if utf8 and not {"smtputf8", "8bitmime"} <= connection.extensions:
        return Outcome(Verdict.refused, 0, "the server cannot take an address that is not ASCII (SMTPUTF8)")
    stage = Stage.mail

    def ends(reply: Reply) -> Outcome:
        outcome = classify(stage, reply.code, reply.text, *names)
        if reply.code == 421 or (reply.code < 400 and outcome.verdict is not Verdict.accepted):
            connection.dialogue.close()  # it is going away, or it answers something else than we ask
        return outcome

    try:
        reply = await ask(f"MAIL FROM:<{message.sender}>{' SMTPUTF8 BODY=8BITMIME' if utf8 else ''}\r\n".encode(), seconds)
        if reply.code != 250:
            return ends(reply)
        stage = Stage.rcpt
        reply = await ask(f"RCPT TO:<{message.recipient}>\r\n".encode(), seconds)
        if reply.code not in (250, 251, 252):
            return ends(reply)
        stage = Stage.data
        if not still_wanted():
            return WITHDRAWN
        reply = await ask(b"DATA\r\n", seconds)
        if reply.code != 354:
            return ends(reply)
        await begun()
        stage = Stage.body
        return ends(await ask(stuffed(message.data), section.dot_timeout.total_seconds()))
    except Broken as trouble:
        connection.dialogue.close()
        return silence(stage, str(trouble))


def stuffed(data: bytes) -> bytes:
    """Return the bytes with leading dots doubled (RFC 5321 4.5.2) and the final dot; nothing else is touched."""
    body = data.replace(b"\r\n.", b"\r\n..")
    return (b"." if body.startswith(b".") else b"") + body + b".\r\n"
