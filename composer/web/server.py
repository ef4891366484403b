"""The web server: uvicorn on uvloop and httptools, told to keep tokens out of its logs."""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette

from composer.errors import ComposerError


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to serve on; port 0 takes a free one. ComposerError where it cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((str(address[0]), int(address[1])), family=family, backlog=2048)
    except OSError as error:
        raise ComposerError(f"cannot listen ({error.strerror})", where=f"{host}:{port}",
                            do="Choose another web.host or web.port, or stop what listens there.") from None


def make_server(web: Starlette) -> uvicorn.Server:
    """Return a server to `run(sockets=[listen(...)])` or `await serve(sockets=[...])`.

    There is no access log, for every path holds somebody's token. Forwarded addresses are read by the guard,
    from web.trusted_proxies alone.
    """
    return uvicorn.Server(uvicorn.Config(
        web, loop="uvloop", http="httptools", ws="none", lifespan="off", log_config=None, log_level="warning", access_log=False,
        proxy_headers=False, server_header=False, timeout_graceful_shutdown=10,
    ))
