"""Mails for tests: letters really composed and handed over, and what comes back about them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from composer.app import App
from composer.config import Inbound
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.deliver import deliver
from tests.path.conftest import at, planned
from tests.path.rows import NOW

BOUNCES = "bounces@example.com"


class Hand:
    """A transport that takes every letter, or answers as told, and keeps what it was given."""

    connections = depth = 1

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.given: list[Message] = []

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]]) -> Outcome:
        if not still_wanted():
            return Outcome(Verdict.withdrawn)
        await begun()
        self.given.append(message)
        return self.outcomes.pop(0) if self.outcomes else Outcome(Verdict.accepted, 250, "taken")

    async def close(self) -> None:
        """Nothing is held."""


def taking(app: App, **inbound: Any) -> App:
    """Set where the installation takes mails in."""
    app.settings = app.settings.model_copy(update={"inbound": Inbound.model_validate({"address": BOUNCES, **inbound})})
    return app


def sent(app: App, count: int = 1, hand: Hand | None = None, when: datetime = NOW, **keys: Any) -> list[Message]:
    """Plan and send letters to r1@example.com, r2 ...; return what was handed over, in that order."""
    planned(app, count, **keys)
    return send(app, hand, when)


def send(app: App, hand: Hand | None = None, when: datetime = NOW) -> list[Message]:
    """Send what is due; return what was handed over, by recipient."""
    hand = hand or Hand()
    asyncio.run(deliver(app, at(when), transport=hand))
    return sorted(hand.given, key=lambda message: int(message.recipient.partition("@")[0].removeprefix("r")))


def head_of(letter: Message) -> bytes:
    """The header of a letter, as reports return it."""
    return letter.data.partition(b"\r\n\r\n")[0] + b"\r\n"


def field(letter: Message, name: str) -> str:
    """A header field of a letter, unfolded."""
    lines = head_of(letter).decode().replace("\r\n ", " ").split("\r\n")
    return next(line.partition(": ")[2] for line in lines if line.startswith(f"{name}:"))


def unsubscribe_address(letter: Message) -> str:
    """The address in List-Unsubscribe."""
    return field(letter, "List-Unsubscribe").partition("<mailto:")[2].partition("?")[0]


def dsn(
    recipient: str = "r1@example.com",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    original: bytes = b"",
    to: str = "letters@example.com",
) -> bytes:
    """A report as RFC 3464 has it about one recipient, returning `original`'s header."""
    text = (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net\r\nTo: <{to}>\r\nSubject: Returned mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nIt could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
    )
    return text.encode() + original + b"\r\n--b--\r\n"


def note(to: str, subject: str = "unsubscribe", body: str = "", sender: str = "r1@example.com", **fields: str) -> bytes:
    """A plain mail, as a person's program writes it."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    named = f"Message-ID: <{len(body)}.{len(subject)}@mail.example.org>\r\n"
    return f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n{named}{more}\r\n{body}\r\n".encode()
