"""The built-in inbox: a real SMTP server on loopback that keeps every letter it takes as an .eml file.

Used by the demo and the tests, and shown in the browser from its folder. It is no transport: letters arrive here.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import default
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from composer.transports._files import write_whole

_NAME = re.compile(r"(\d{7})\.eml")


@dataclass(frozen=True, slots=True)
class Received:
    """One letter in the inbox: its file name, and what a list of letters shows."""

    name: str
    sender: str
    recipient: str
    subject: str
    date: str


def letters(folder: Path) -> list[Received]:
    """The letters in a folder, newest first."""
    names = sorted((file.name for file in folder.glob("*.eml") if _NAME.fullmatch(file.name)), reverse=True)
    return [_received(folder / name) for name in names]


def _received(file: Path) -> Received:
    with file.open("rb") as opened:
        headers = BytesHeaderParser(policy=default).parse(opened)
    return Received(file.name, *(str(headers.get(name, "")) for name in ("From", "To", "Subject", "Date")))


def read_letter(folder: Path, name: str) -> bytes | None:
    """The bytes of one letter; None where there is none of that name (whatever the name tries)."""
    file = folder / name
    return file.read_bytes() if _NAME.fullmatch(name) and file.is_file() else None


def _numbers(folder: Path) -> Iterator[int]:
    taken = [int(match[1]) for file in folder.glob("*.eml") if (match := _NAME.fullmatch(file.name))]
    return count(max(taken, default=0) + 1)


class _Keep:
    """What aiosmtpd calls for each letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = _numbers(folder)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content
        if not isinstance(content, bytes):
            return "451 nothing came"
        await asyncio.to_thread(write_whole, self._folder / f"{next(self._number):07}.eml", content)
        return "250 kept"


class _OnSocket(Controller):
    """A controller over a socket that is bound already: aiosmtpd 1.4.6 asks port 0 itself for a greeting."""

    def __init__(self, handler: Any, listening: socket.socket, **options: Any) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__(handler, hostname=host, port=port, **options)
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)


class Inbox:
    """The server, running from `start` to `stop` in a thread of its own. `port` is the one it got."""

    def __init__(
        self, folder: Path, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None, **options: Any
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._socket = socket.create_server((host, port))
        self.host = host
        self.port = int(self._socket.getsockname()[1])
        self._controller = _OnSocket(_Keep(folder), self._socket, server_hostname="inbox.example", enable_SMTPUTF8=True,
                                     tls_context=tls, require_starttls=tls is not None, **options)

    def start(self) -> Inbox:
        self._controller.start()
        return self

    def stop(self) -> None:
        self._controller.stop(no_assert=True)
        self._socket.close()

    def letters(self) -> list[Received]:
        return letters(self.folder)

    def read(self, name: str) -> bytes | None:
        return read_letter(self.folder, name)

    def __enter__(self) -> Inbox:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
