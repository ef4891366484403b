"""The web server: uvicorn on uvloop and httptools, told to keep tokens out of its logs and not to wait for ever for slow clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from composer.app import App
from composer.errors import ComposerError
from composer.web.app import make_desk, make_public, make_site, make_web

MOST_HEAD = 64 * 1024
"""Octets of a request's head: its line and its headers."""
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Server(uvicorn.Server):
    """Serves on a socket that is open already: `run()` here, or `await serve()` beside other work. `url` says where."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self._listening = listening
        host, port = listening.getsockname()[:2]
        self.url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    heeds_signals = True
    """Whether SIGTERM and SIGINT stop it; of several servers in one process one is told."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stopping when told to is success: the signal is not raised again after a graceful end."""
        if not self.heeds_signals:
            yield
            return
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets or [self._listening])


class Patient(HttpToolsProtocol):
    """HTTP with an end to patience: a request's head has `patience` seconds and MOST_HEAD octets. Bodies are the guard's.

    uvicorn itself waits for a head for ever and takes in any length of it.
    """

    patience = 20.0
    _head = 0
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._limit is not None:
            self._head += len(data)
        super().data_received(data)
        if self._limit is not None and self._head > MOST_HEAD and not self.transport.is_closing():
            self.transport.write(TOO_LONG)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._limit is None:
            self._wait()

    def on_headers_complete(self) -> None:
        self._arrived()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._head = 0
        self._limit = self.loop.call_later(self.patience, self.transport.close)

    def _arrived(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


def make_server(web: ASGIApp, host: str, port: int, patience: float = 20.0, setting: str = "web") -> Server:
    """Listen and return the server; port 0 takes a free one. ComposerError where the port cannot be had.

    There is no access log, for every path holds somebody's token. Forwarded addresses are read by the guard,
    from web.trusted_proxies alone. `patience` in seconds is how long a request's head may take; `setting` is the section at fault.
    """
    config = uvicorn.Config(
        web,
        loop="uvloop",
        http=type("Patient", (Patient,), {"patience": patience}),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return Server(config, _listen(host, port, setting))


def make_servers(app: App, host: str = "", port: int | None = None) -> list[Server]:
    """The server of the recipients' pages (`host` and `port` in place of the settings'), and the desk's where it is apart."""
    web = app.settings.web
    desk = app.settings.desk
    patience = web.patience.total_seconds()
    if desk.serve != "apart":
        return [make_server(make_web(app), host or web.host, web.port if port is None else port, patience)]
    site = make_site(app)
    pages = make_server(make_public(site), host or web.host, web.port if port is None else port, patience)
    return [pages, make_server(make_desk(site), desk.host, desk.port, patience, "desk")]


async def serve_all(servers: list[Server]) -> None:
    """Serve until the first one is told to stop; then the others stop, too."""
    serving = [asyncio.create_task(server.serve()) for server in servers]
    await asyncio.wait(serving, return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)


def _listen(host: str, port: int, setting: str) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((str(address[0]), int(address[1])), family=family, backlog=2048)
    except OSError as error:
        raise ComposerError(
            f"cannot listen ({error.strerror})",
            where=f"{host}:{port}",
            do=f"Choose another {setting}.host or {setting}.port, or stop what listens there.",
        ) from None
