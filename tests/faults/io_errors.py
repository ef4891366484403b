"""I/O errors in a real process's system calls, the 1st, 2nd, 3rd ... until a run ends without one: `python -m tests.faults.io_errors`.

strace injects them: ENOSPC into writes, EIO into writes and flushes, once or from then on. It counts each thread's calls on its own.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.faults.installation import Installation, addresses, install, judge
from tests.faults.server import Server, Terms

LETTERS, CONNECTIONS, MOST = 10, 2, 120
FAULTS = ("pwrite64:error=ENOSPC", "pwrite64:error=EIO", "fdatasync,fsync:error=EIO")


@dataclass
class Loop:
    """One loop: how many runs met the fault, and what went wrong."""

    fault: str
    for_ever: bool
    runs: int = 0
    failed: int = 0
    copies: int = 0
    wrong: tuple[str, ...] = ()


def clear(errors: str) -> bool:
    """Whether a failing command said what, where and what to do, and showed no trace."""
    told = [line for line in errors.splitlines() if line.startswith("composer: ")]
    return len(told) == 1 and "Traceback" not in errors and bool(re.search("disk|space|recorded|database", told[0]))


def strace_works() -> bool:
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


async def loop(template: Path, fault: str, *, for_ever: bool, words: tuple[str, ...] = ("send", "--due")) -> Loop:
    """Run `composer send` with the fault at the nth call, n from 1 on, until a run does not meet it; judge each end."""
    told = Loop(fault, for_ever)
    wrong: list[str] = []
    for nth in range(1, MOST):
        folder = Path(tempfile.mkdtemp(prefix="composer-io-"))
        made = Installation(folder / "installation")
        shutil.copytree(template, made.folder)
        made.config.write_text(made.config.read_text().replace(str(template), str(made.folder)))
        traced = folder / "trace"
        async with Server(
            Terms(latency=0.03)
        ) as server:  # slower than a flush: what leaves unrecorded is then one letter or two a connection
            made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
            injected = f"inject={fault}:when={nth}{'+' if for_ever else ''}"
            calls = fault.partition(":")[0]
            done = await asyncio.to_thread(
                made.run, *words, before=("strace", "-f", "-q", "-o", str(traced), "-e", f"trace={calls}", "-e", injected)
            )
            met = "(INJECTED)" in traced.read_text()
            told.runs += 1
            known, sent = made.states().get("accepted", 0), len(server.taken)
            place = f"{fault} when={nth}{'+' if for_ever else ''}: "
            if done.returncode and not met:
                wrong.append(f"{place}failed without the fault: {done.stderr}")
            if done.returncode:
                told.failed += 1
                if done.returncode != 1 or not clear(done.stderr):
                    wrong.append(f"{place}exit {done.returncode}, said: {done.stderr}")
            if sent - known > 2 * CONNECTIONS:
                wrong.append(f"{place}{sent} sent, {known} recorded")
            if (sound := integrity(made)) != "ok":
                wrong.append(f"{place}integrity {sound}")
            await asyncio.to_thread(made.finish)
            judged = judge(made, server.taken)
            told.copies += judged.copies
            if not judged.sound or judged.copies > sent - known or set(judged.states) - {"accepted", "unknown"}:
                wrong.append(f"{place}{judged}")
        shutil.rmtree(folder)
        if not met:
            break
    else:
        wrong.append(f"{fault}: after {MOST} runs there is still a call to fail")
    told.wrong = tuple(wrong)
    return told


def integrity(made: Installation) -> str:
    engine = create_engine(f"sqlite:///{made.folder}/composer.db")
    try:
        with engine.connect() as db:
            return str(db.execute(text("PRAGMA integrity_check")).scalar())
    finally:
        engine.dispose()


async def loops(faults: tuple[str, ...] = FAULTS) -> list[Loop]:
    """Every fault, once and for ever."""
    folder = Path(tempfile.mkdtemp(prefix="composer-io-"))
    try:
        template = folder / "template"
        install(template, addresses(LETTERS), smtp={"connections": CONNECTIONS}, library={"cache": str(folder / "cache")})
        warm = Installation(folder / "warm")
        shutil.copytree(template, warm.folder)
        async with Server() as server:
            warm.environ["COMPOSER_SMTP__PORT"] = str(server.port)
            await asyncio.to_thread(warm.run, "send", "--due")
        return [await loop(template, fault, for_ever=for_ever) for fault in faults for for_ever in (True, False)]
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description="I/O errors by number until none is left.")
    parser.add_argument("--fault", action="append", help=f"as strace names it; default: {', '.join(FAULTS)}")
    given = parser.parse_args()
    bad = False
    for told in asyncio.run(loops(tuple(given.fault or FAULTS))):
        print(
            told.fault,
            "from then on" if told.for_ever else "once",
            f"{told.runs} runs, {told.failed} failed, {told.copies} copies",
            *told.wrong,
            sep="\n  ",
        )
        bad = bad or bool(told.wrong)
    raise SystemExit(bad)


if __name__ == "__main__":
    main()
