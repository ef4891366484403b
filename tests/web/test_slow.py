"""Clients that are slow, or send without end: they cost nothing, and everybody else is answered meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import httpx2
import pytest

from composer.domain.tokens import Purpose
from composer.web.app import make_web
from composer.web.server import MOST_HEAD, make_server
from tests.web.world import NOW, World

PATIENCE = 0.4
"""Seconds that a head, and then a body, has for coming in these tests."""
MEGABYTE = 1 << 20


@pytest.fixture
def port(world: World) -> Iterator[int]:
    with world.client(patience=timedelta(seconds=PATIENCE)) as client:
        app = client.app.state.site.app  # type: ignore[attr-defined]
    server = make_server(make_web(app, clock=lambda: NOW), "127.0.0.1", 0, PATIENCE)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield int(server.url.rstrip("/").rpartition(":")[2])
    server.should_exit = True
    thread.join()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    got = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            got += part
    return got


def poured(connection: socket.socket, part: bytes, most: int) -> int:
    """Send until somebody has had enough; return how much was taken."""
    sent = 0
    with suppress(ConnectionError):
        while sent < most:
            connection.sendall(part)
            sent += len(part)
    return sent


@pytest.mark.parametrize("head", [b"", b"GET /hea", b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: "])
def test_a_head_that_does_not_come_is_not_waited_for(port: int, head: bytes) -> None:
    with connected(port) as slow:
        slow.sendall(head)
        assert httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200, "others are answered meanwhile"
        assert answer(slow) == b""


def test_many_who_hold_the_line_keep_nobody_out_and_are_let_go(port: int) -> None:
    slow = [connected(port) for _ in range(200)]
    for one in slow:
        one.sendall(b"POST /subscribe HTTP/1.1\r\n")
    assert httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200
    assert {answer(one) for one in slow} == {b""}
    for one in slow:
        one.close()


def test_a_body_that_drips_in_is_answered_408_and_changes_nothing(world: World, port: int) -> None:
    page = f"/p/{world.token(Purpose.preferences)}"
    head = f"POST {page} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\n"
    with connected(port) as slow:
        slow.sendall(head.encode() + b"form=preferences&level=none")
        got = answer(slow)
    assert got.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive in time" in got
    assert world.recipient().level == "premium"


def test_an_opt_out_whose_body_never_comes_counts_at_once(world: World, port: int) -> None:
    token = world.token(Purpose.unsubscribe_header)
    with connected(port) as slow:
        slow.sendall(f"POST /u/{token} HTTP/1.1\r\nhost: x\r\ncontent-length: 26\r\n\r\nList-".encode())
        assert slow.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert "letters" not in world.granted()


def test_two_hundred_megabytes_are_refused_by_their_announcement(port: int) -> None:
    before = time.process_time()
    head = b"POST /subscribe HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 209715200\r\n\r\n"
    with connected(port) as big:
        big.sendall(head)
        assert answer(big).startswith(b"HTTP/1.1 413 ")
    assert time.process_time() - before < 2.0


@pytest.mark.parametrize("path", ["/subscribe", "/p/{}", "/api/v1/subscriptions"])
def test_a_body_without_end_is_taken_in_no_further_than_its_limit(world: World, port: int, path: str) -> None:
    kind = "application/json" if path.startswith("/api") else "application/x-www-form-urlencoded"
    page = path.format(world.token(Purpose.preferences))
    with connected(port) as big:
        big.sendall(f"POST {page} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        taken = poured(big, b"10000\r\n" + b"x" * 65536 + b"\r\n", 200 * MEGABYTE)
    assert taken < 32 * MEGABYTE, "the system's own buffers, and no more"
    assert world.recipient().level == "premium"


def test_a_head_without_end_is_not_taken_in(port: int) -> None:
    with connected(port) as big:
        big.sendall(b"GET /health HTTP/1.1\r\n")
        taken = poured(big, b"x-much: " + b"y" * 8192 + b"\r\n", 200 * MEGABYTE)
    assert taken < 32 * MEGABYTE
    with connected(port) as big:
        big.sendall(b"GET /health HTTP/1.1\r\nx-much: " + b"y" * (MOST_HEAD + 1024))
        assert big.recv(65536).startswith(b"HTTP/1.1 431 ")
