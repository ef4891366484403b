"""Time and peak memory of a command run as a whole process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAST = 4_000
"""Bytes of a command's output that are kept: a child's peak memory begins with its parent's, so the parent stays small."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall seconds, peak resident MB, exit code, lines printed, the last of them, and CPU seconds (user and system)."""

    seconds: float
    megabytes: float
    code: int
    lines: int
    output: str
    cpu: float


def composer(config: Path, *arguments: str) -> Measured:
    """Run `composer --config CONFIG ...` in a process of its own."""
    return measure([sys.executable, "-m", "composer", "--config", str(config), *arguments])


def python(module: str, *arguments: str) -> Measured:
    """Run `python -m MODULE ...` in a process of its own."""
    return measure([sys.executable, "-m", module, *arguments])


def measure(command: Sequence[str]) -> Measured:
    """Run a command; memory is the process's own peak, as wait4 tells it."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "NO_COLOR": "1"})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        spent = usage.ru_utime + usage.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: out.read(1 << 20), b""))
        out.seek(max(0, out.tell() - LAST))
        return Measured(seconds, usage.ru_maxrss / 1024, process.returncode, lines, out.read().decode("utf-8", "replace"), spent)


def tell(what: str, measured: Measured, seconds: float, megabytes: float | None = None) -> None:
    """Print one line: what, seconds of bound, MB of bound, and whether both held."""
    held = measured.seconds <= seconds and (megabytes is None or measured.megabytes <= megabytes)
    memory = f"{measured.megabytes:6.0f} MB" + (f" (bound {megabytes:.0f})" if megabytes else "")
    print(f"{what:<52} {measured.seconds:7.2f} s (bound {seconds:g})  {memory}  {'held' if held else 'FELL SHORT'}", flush=True)
