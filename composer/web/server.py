"""The web server: uvicorn on uvloop and httptools, told to keep tokens out of its logs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from composer.errors import ComposerError


class Server(uvicorn.Server):
    """Serves on a socket that is open already: `run()` here, or `await serve()` beside other work. `url` says where."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self._listening = listening
        host, port = listening.getsockname()[:2]
        self.url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stopping when told to is success: the signal is not raised again after a graceful end."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets or [self._listening])


def make_server(web: Starlette, host: str, port: int) -> Server:
    """Listen and return the server; port 0 takes a free one. ComposerError where the port cannot be had.

    There is no access log, for every path holds somebody's token. Forwarded addresses are read by the guard,
    from web.trusted_proxies alone.
    """
    config = uvicorn.Config(
        web,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return Server(config, _listen(host, port))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((str(address[0]), int(address[1])), family=family, backlog=2048)
    except OSError as error:
        raise ComposerError(
            f"cannot listen ({error.strerror})",
            where=f"{host}:{port}",
            do="Choose another web.host or web.port, or stop what listens there.",
        ) from None
