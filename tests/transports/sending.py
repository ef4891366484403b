"""One letter, handed to a server of the tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from composer.config import Settings, Smtp
from composer.domain.message import Message
from composer.domain.outcome import Outcome
from composer.transports.smtp import open_transport
from tests.transports.faults import FaultServer

BODY = b"Message-ID: <a@letters.example.com>\r\nTo: Aino <aino@example.com>\r\nSubject: Hello\r\n\r\nHello\r\n.leading dot\r\n..two\r\n"


def letter(recipient: str = "aino@example.com", data: bytes = BODY) -> Message:
    return Message("<a@letters.example.com>", "letters@example.com", recipient, "Hello", data)


def settings(port: int, *, timeout: float = 2.0, dot: float = 2.0, **smtp: object) -> Settings:
    section = {
        "host": "127.0.0.1",
        "port": port,
        "start_tls": "off",
        "timeout": timedelta(seconds=timeout),
        "dot_timeout": timedelta(seconds=dot),
        "connections": 2,
        **smtp,
    }
    return Settings(smtp=Smtp.model_validate(section))


def wanted() -> bool:
    return True


async def send(server: FaultServer, message: Message | None = None, still_wanted: Callable[[], bool] = wanted, **smtp: object) -> Outcome:
    transport = open_transport(settings(server.port, **smtp))  # type: ignore[arg-type]
    try:
        return await transport.send(message or letter(), still_wanted)
    finally:
        await transport.close()
