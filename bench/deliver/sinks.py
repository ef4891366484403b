"""What is sent into: Postfix's smtp-sink, and bench.sink where that one would be the limit."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.sink import running_sink

FAST, POSTFIX = "bench.sink", "smtp-sink"


@contextmanager
def _smtp_sink() -> Iterator[int]:
    """Run Postfix's sink on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([_program(), *user, f"127.0.0.1:{port}", "512"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def _program() -> str:
    return shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


@contextmanager
def _fast() -> Iterator[int]:
    with running_sink() as sink:
        yield sink.port


def known() -> tuple[str, ...]:
    """The sinks that are here."""
    return (FAST, POSTFIX) if _program() else (FAST,)


def listening(sink: str) -> AbstractContextManager[int]:
    """Run a sink; gives its port."""
    return _smtp_sink() if sink == POSTFIX else _fast()
