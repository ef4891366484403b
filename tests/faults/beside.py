"""The fault server as a process of its own, which no kill of the sender reaches."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.installation import REPOSITORY, read_log
from tests.faults.server import Taken


@dataclass
class Beside:
    """A running server: its port, and what it has logged so far."""

    port: int
    log: Path

    def taken(self) -> list[Taken]:
        return read_log(self.log)

    def count(self) -> int:
        """Letters taken so far, counted without reading them."""
        return self.log.read_bytes().count(b'"digest"')


@contextmanager
def beside(folder: Path, **terms: object) -> Iterator[Beside]:
    """Start the server with these terms (fields of `Terms`) and stop it at the end."""
    log, ready = folder / "server.log", folder / "server.port"
    log.touch()
    command = [sys.executable, "-m", "tests.faults.server", "--log", log, "--ready", ready, "--terms", json.dumps(terms)]
    process = subprocess.Popen([str(word) for word in command], cwd=REPOSITORY)
    try:
        until(ready.exists, 30, "the fault server does not start")
        yield Beside(int(ready.read_text()), log)
    finally:
        process.terminate()
        process.wait()
        ready.unlink(missing_ok=True)


def until(holds: object, seconds: float, otherwise: str, pause: float = 0.01) -> None:
    """Wait until `holds()`; AssertionError after so many seconds."""
    assert callable(holds)
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            raise AssertionError(otherwise)
        time.sleep(pause)
