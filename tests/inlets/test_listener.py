"""The listener over real sockets: whom it takes mail for, when it says so, and what does not stop it."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from composer.config import Inbound
from composer.errors import ComposerError
from composer.sources.mail import is_ours
from composer.sources.mail.listener import COMMANDS, Listener

ADDRESS = "bounces@example.com"
MAIL = b"From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"


class Taken:
    """Keeps what was taken; `trouble` is raised instead."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, str]] = []
        self.trouble: dict[str, Exception] = {}
        self.wait: threading.Event | None = None
        self.begun = threading.Event()

    def __call__(self, raw: bytes, recipient: str) -> None:
        self.begun.set()
        if self.wait is not None:
            self.wait.wait(10)
        if recipient in self.trouble:
            raise self.trouble[recipient]
        self.mails.append((raw, recipient))


@asynccontextmanager
async def listening(taken: Callable[[bytes, str], None], **settings: Any) -> AsyncIterator[Listener]:
    listener = Listener(Inbound.model_validate({"address": ADDRESS, "listen": "127.0.0.1:0", **settings}), taken)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop()


class Client:
    """One connection; `say` sends bytes and returns one reply a line that is expected."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self) -> str:
        lines = [await asyncio.wait_for(self.reader.readline(), 10)]
        while lines[-1][3:4] == b"-":
            lines.append(await asyncio.wait_for(self.reader.readline(), 10))
        return b"".join(lines).decode().rstrip()

    async def say(self, *words: str | bytes) -> list[str]:
        self.writer.write(b"".join((word.encode() if isinstance(word, str) else word) + b"\r\n" for word in words))
        return [await self.reply() for _ in words]


@asynccontextmanager
async def client(listener: Listener, hello: str = "LHLO mail.example.com") -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    talk = Client(reader, writer)
    assert (await talk.reply()).startswith("220 ")
    if hello:
        assert (await talk.say(hello))[0].startswith("250")
    try:
        yield talk
    finally:
        writer.close()


async def deliver(talk: Client, *recipients: str, mail: bytes = MAIL) -> list[str]:
    """The answers to the dot, one a recipient that was accepted."""
    begun = await talk.say("MAIL FROM:<>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA")
    assert begun[-1].startswith("354"), begun
    talk.writer.write(mail + b".\r\n")
    return [await talk.reply() for answer in begun[1:-1] if answer.startswith("250")]


@pytest.mark.parametrize(
    ("recipient", "ours"),
    [
        ("bounces@example.com", True),
        ("Bounces+ABC@Example.COM", True),
        ("bounces+@example.com", True),
        ("bouncesx@example.com", False),
        ("bounces@example.com.evil.example", False),
        ("bounces", False),
        ("x@example.com", False),
        ("bounces@sub.example.com", False),
        ("bounces%evil.example@example.com", False),
        ('"bounces"@example.com', False),
    ],
)
def test_only_our_address_is_ours(recipient: str, ours: bool) -> None:
    assert is_ours(ADDRESS, recipient) is ours


async def test_mail_for_us_is_taken_and_mail_for_others_is_not_relayed() -> None:
    taken = Taken()
    async with listening(taken) as listener, client(listener) as talk:
        answers = await talk.say("MAIL FROM:<>", "RCPT TO:<someone@example.org>", "RCPT TO:<bounces+TOKEN@example.com>", "DATA")
        assert [answer[:3] for answer in answers] == ["250", "550", "250", "354"]
        assert (await talk.say(MAIL + b"."))[0].startswith("250")
    assert taken.mails == [(MAIL, "bounces+TOKEN@example.com")]


async def test_lmtp_answers_once_for_each_recipient_and_smtp_once_for_all() -> None:
    taken = Taken()
    taken.trouble = {"bounces+bad@example.com": ComposerError("the database says: it is full")}
    async with listening(taken) as listener, client(listener) as talk:
        answers = await deliver(talk, "bounces+bad@example.com", "x@example.org", "bounces+good@example.com")
        assert [answer[:3] for answer in answers] == ["451", "250"]
        assert await talk.say("NOOP") == ["250 OK"]
    async with listening(taken, protocol="smtp") as listener, client(listener, "EHLO x") as talk:
        begun = await talk.say("MAIL FROM:<>", "RCPT TO:<bounces+good@example.com>", "RCPT TO:<bounces+bad@example.com>", "DATA")
        assert begun[-1].startswith("354")
        assert (await talk.say(MAIL + b"."))[0].startswith("451")
        assert await talk.say("NOOP") == ["250 OK"]


async def test_250_is_said_only_after_the_mail_was_taken() -> None:
    taken = Taken()
    taken.wait = threading.Event()
    async with listening(taken) as listener, client(listener) as talk:
        answer = asyncio.create_task(deliver(talk, ADDRESS))
        await asyncio.to_thread(taken.begun.wait, 10)
        assert not answer.done()
        taken.wait.set()
        assert (await answer)[0].startswith("250")
        assert len(taken.mails) == 1


@pytest.mark.parametrize("trouble", [ComposerError("the database is locked"), RuntimeError("secret@example.com"), RecursionError()])
async def test_trouble_with_one_mail_is_told_as_temporary_and_ends_nothing(trouble: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    taken = Taken()
    taken.trouble = {ADDRESS: trouble}
    async with listening(taken) as listener, client(listener) as talk:
        assert (await deliver(talk, ADDRESS))[0].startswith("451 4.3.0")
        taken.trouble = {}
        assert (await deliver(talk, ADDRESS))[0].startswith("250")
    assert len(taken.mails) == 1
    told = capsys.readouterr().err
    assert "mail_not_taken" in told
    assert "@" not in told


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\n.\r", b"\r.\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n"],
)
async def test_only_crlf_dot_crlf_ends_a_mail(end: bytes) -> None:
    """SMTP smuggling (CVE-2024-27305 in aiosmtpd before 1.4.5): what one server calls the end must not be text to another."""
    smuggled = b"Subject: x\r\n\r\none" + end + b"MAIL FROM:<evil@example.org>\r\nRCPT TO:<bounces+2@example.com>\r\nDATA\r\ntwo\r\n"
    taken = Taken()
    async with listening(taken) as listener, client(listener) as talk:
        assert [answer[:3] for answer in await deliver(talk, "bounces+1@example.com", mail=smuggled)] == ["250"]
        assert await talk.say("NOOP") == ["250 OK"]
    unstuffed = smuggled.replace(b"\r\n.", b"\r\n")
    assert taken.mails == [(unstuffed, "bounces+1@example.com")]


async def test_dots_are_unstuffed_and_long_lines_and_any_bytes_are_taken() -> None:
    mail = b"Subject: x\r\n\r\n..one\r\n..\r\n" + b"x" * 60_000 + b"\r\n" + bytes(set(range(256)) - {10, 13}) + b"\r\n"
    taken = Taken()
    async with listening(taken) as listener, client(listener) as talk:
        assert (await deliver(talk, ADDRESS, mail=mail))[0].startswith("250")
    assert taken.mails[0][0] == mail.replace(b"\r\n..", b"\r\n.")


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
async def test_a_mail_over_the_limit_is_refused_whether_announced_or_not(protocol: str) -> None:
    taken = Taken()
    async with (
        listening(taken, size_limit=100_000, protocol=protocol) as listener,
        client(listener, "LHLO x" if protocol == "lmtp" else "EHLO x") as talk,
    ):
        assert (await talk.say("MAIL FROM:<> SIZE=100001"))[0].startswith("552")
        big = b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 2000
        answers = await deliver(talk, ADDRESS, mail=big)
        assert [answer[:3] for answer in answers] == ["552"]
        assert await talk.say("NOOP") == ["250 OK"]
        begun = await talk.say("MAIL FROM:<>", f"RCPT TO:<{ADDRESS}>", "RCPT TO:<bounces+2@example.com>", "DATA")
        assert begun[-1].startswith("354")
        talk.writer.write(big + b".\r\n")
        assert [(await talk.reply())[:3] for _ in range(2 if protocol == "lmtp" else 1)] == ["552"] * (2 if protocol == "lmtp" else 1)
        assert await talk.say("NOOP") == ["250 OK"]
    assert taken.mails == []


async def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    taken = Taken()
    async with listening(taken) as listener, client(listener) as talk:
        answers = await deliver(talk, ADDRESS, mail=b"x" * 3_000_000 + b"\r\n")
        assert answers[0].startswith("500")
        talk.writer.write(b"y" * 200_000 + b"\r\n")
        assert (await talk.reply()).startswith("500")
        assert await talk.say("NOOP") == ["250 OK"]


async def test_pipelined_commands_are_answered_in_order() -> None:
    taken = Taken()
    async with listening(taken) as listener, client(listener) as talk:
        greeting = await talk.say("LHLO x")
        assert "250-PIPELINING" in greeting[0]
        answers = await talk.say("MAIL FROM:<>", "RCPT TO:<x@example.org>", "DATA", "RSET", "MAIL FROM:<>", f"RCPT TO:<{ADDRESS}>", "DATA")
        assert [answer[:3] for answer in answers] == ["250", "550", "503", "250", "250", "250", "354"]
        assert (await talk.say(MAIL + b"."))[0].startswith("250")


async def test_answers_wait_for_nothing() -> None:
    """Without TCP_NODELAY every answer would wait 40 ms for the client to acknowledge the one before."""
    async with listening(Taken()) as listener, client(listener):
        [connection] = listener._connections
        assert connection.transport is not None
        assert connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_long_and_international_addresses_are_understood() -> None:
    taken = Taken()
    async with listening(taken) as listener, client(listener) as talk:
        long = "l" * 64 + "@" + ".".join(["d" * 60] * 4) + ".example"
        answers = await talk.say(
            f"MAIL FROM:<{long}> SIZE=1000 BODY=8BITMIME SMTPUTF8", "RSET", "MAIL FROM:<käyttäjä@esimerkki.example> SMTPUTF8"
        )
        assert [answer[:3] for answer in answers] == ["250"] * 3


@pytest.mark.parametrize(
    "word",
    [
        "RCPT TO:<>",
        "RCPT TO:",
        "RCPT TO:<a b@example.com>",
        "RCPT TO:<\0>",
        "RCPT TO:<" + "(" * 300,
        "GET / HTTP/1.1",
    ],
)
async def test_nonsense_is_refused_and_the_connection_lives(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with listening(Taken()) as listener, client(listener) as talk:
        answers = await talk.say("MAIL FROM:<>", word, "DATA", "NOOP")
        assert answers[1][0] == "5"
        assert answers[2].startswith("503")
        assert answers[3] == "250 OK"
    assert "@" not in capsys.readouterr().err


async def test_strangers_are_sent_away_and_loopback_is_no_stranger() -> None:
    async with listening(Taken(), clients=["10.0.0.0/8"]) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"LHLO x\r\nMAIL FROM:<>\r\n")
        assert (await reader.read()).startswith(b"554 5.7.1")
        writer.close()
    async with listening(Taken(), clients=["127.0.0.1"]) as listener, client(listener):
        pass


async def test_one_client_cannot_hold_every_connection() -> None:
    async with listening(Taken(), connections=4) as listener, client(listener, ""), client(listener, ""), client(listener, "") as third:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        assert (await reader.read()).startswith(b"421")
        writer.close()
        third.writer.close()
        await third.writer.wait_closed()
        async with asyncio.timeout(10):
            while len(listener._connections) > 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        async with client(listener):
            pass


async def test_a_connection_ends_after_too_many_commands_of_a_kind() -> None:
    async with listening(Taken()) as listener, client(listener) as talk:
        answers = await talk.say(*["NOOP"] * COMMANDS["*"], "NOOP")
        assert answers[-1].startswith("421")
        assert await talk.reader.read() == b""


async def test_a_client_that_falls_silent_is_let_go() -> None:
    async with listening(Taken(), timeout=timedelta(seconds=0.1)) as listener, client(listener) as talk:
        assert (await talk.say("MAIL FROM:<>", f"RCPT TO:<{ADDRESS}>", "DATA"))[-1].startswith("354")
        talk.writer.write(b"Subject: half")
        assert await asyncio.wait_for(talk.reader.read(), 10) == b""


async def test_a_connection_that_breaks_in_the_middle_takes_nothing() -> None:
    taken = Taken()
    async with listening(taken) as listener:
        async with client(listener) as talk:
            await talk.say("MAIL FROM:<>", f"RCPT TO:<{ADDRESS}>", "DATA")
            talk.writer.write(b"Subject: half\r\n\r\nand then")
            await talk.writer.drain()
            talk.writer.transport.abort()
        async with client(listener) as talk:
            await deliver(talk, ADDRESS)
    assert taken.mails == [(MAIL, ADDRESS)]


async def test_a_mail_under_way_is_answered_before_the_listener_stops() -> None:
    taken = Taken()
    taken.wait = threading.Event()
    async with listening(taken) as listener, client(listener) as talk:
        answer = asyncio.create_task(deliver(talk, ADDRESS))
        await asyncio.to_thread(taken.begun.wait, 10)
        stopping = asyncio.create_task(listener.stop())
        await asyncio.sleep(0)
        taken.wait.set()
        assert (await answer)[0].startswith("250")
        await stopping
        assert await talk.reader.read() == b""


async def test_a_place_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ComposerError, match="cannot listen for mail") as refusal:
            await Listener(Inbound(address=ADDRESS, listen=f"127.0.0.1:{port}"), Taken()).start()
    assert refusal.value.where == f"127.0.0.1:{port}"


async def test_the_standard_library_delivers_too() -> None:
    """A second client, not written by us (its LMTP reads one answer to the dot, so one recipient)."""
    taken = Taken()
    async with listening(taken) as listener:

        def send() -> None:
            with smtplib.LMTP("127.0.0.1", listener.port) as lmtp:
                lmtp.sendmail("", [ADDRESS], MAIL)

        await asyncio.to_thread(send)
    assert taken.mails == [(MAIL, ADDRESS)]
