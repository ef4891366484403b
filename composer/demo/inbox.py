"""The built-in inbox: a real SMTP server on loopback that keeps every letter it takes as an .eml file.

Tests use it too, and web/inbox.py shows its folder in the browser.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from composer.transports.folder import write_whole

_NAME = re.compile(r"\d{7}\.eml")


def received(folder: Path) -> list[Path]:
    """The letters' files in order of arrival."""
    return sorted(file for file in folder.glob("*.eml") if _NAME.fullmatch(file.name))


def _numbers(folder: Path) -> Iterator[int]:
    return count(max((int(file.stem) for file in received(folder)), default=0) + 1)


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

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._socket = socket.create_server((host, port))
        self.host = host
        self.port = int(self._socket.getsockname()[1])
        self._controller = _OnSocket(
            _Keep(folder),
            self._socket,
            server_hostname="inbox.example",
            enable_SMTPUTF8=True,
            tls_context=tls,
            require_starttls=tls is not None,
            **options,
        )

    def start(self) -> Inbox:
        self._controller.start()
        return self

    def stop(self) -> None:
        self._controller.stop(no_assert=True)
        self._socket.close()

    def letters(self) -> list[bytes]:
        """What was taken so far, in order of arrival."""
        return [file.read_bytes() for file in received(self.folder)]

    def __enter__(self) -> Inbox:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
