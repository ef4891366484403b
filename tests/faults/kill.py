"""The kill loop: kill -9 at random moments of a campaign, then count who got what. `python -m tests.faults.kill --help`."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.beside import Beside, beside
from tests.faults.installation import Installation, Judged, addresses, install, judge
from tests.postgres import cluster


@dataclass(frozen=True)
class Killed:
    """How a loop ended."""

    kills: int
    """Kills that met a sender at work."""
    too_late: int
    """Senders that had ended before their moment came."""
    judged: Judged
    listed: int
    """Unknown letters that `outbox list` shows."""
    seconds: float


def kill_loop(installation: Installation, server: Beside, letters: int, kills: int, seed: int) -> Killed:
    """Start `composer send --due` and kill it, `kills` times; then let it finish undisturbed."""
    began = time.monotonic()
    moments, met, late = random.Random(seed), 0, 0
    installation.environ["COMPOSER_SMTP__PORT"] = str(server.port)
    share = letters / (kills + 1)
    while met < kills and late < 10:
        before = server.count()
        target, linger = moments.uniform(0, 1.6 * share), moments.uniform(0, 0.1)
        if moments.random() < 0.1:
            target, linger = 0, moments.uniform(0, 1.5)  # some fall into the start: opening, claiming, connecting
        process = installation.start("send", "--due")
        while process.poll() is None and server.count() - before < target:
            time.sleep(0.005)
        time.sleep(linger)
        if process.poll() is None:
            process.kill()
            met += 1
        else:
            late += 1
        process.communicate()
        if late and not installation.waiting():
            break
    installation.finish()
    listed = len(installation.here("outbox", "list", "--state", "unknown", "--json").stdout.splitlines())
    return Killed(met, late, judge(installation, server.taken()), listed, time.monotonic() - began)


def in_words(killed: Killed, *, never_twice: bool, most: int = 100) -> list[str]:
    """What a loop promised and did not keep; empty where all is well."""
    judged, wrong = killed.judged, []
    if not judged.sound:
        wrong.append(f"lost {judged.lost}, untrue {judged.untrue}, differing {judged.differing}, counts {judged.uncounted}")
    if judged.copies > (0 if never_twice else most):
        wrong.append(f"{judged.copies} copies")
    if set(judged.states) - {"accepted", "unknown"}:
        wrong.append(f"states {judged.states}")
    if killed.listed != judged.states.get("unknown", 0):
        wrong.append(f"{killed.listed} unknown letters listed of {judged.states.get('unknown')}")
    return wrong


def thinking(seconds: float) -> dict[str, float]:
    """Terms of a server that takes as long over each of its four answers: kills then meet letters at every stage."""
    return {"latency": seconds / 4, "delay": seconds / 4}


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of a database without tables; PostgreSQL on a server of its own."""
    if kind == "sqlite":
        yield "sqlite:///composer.db"
        return
    with cluster() as server:
        server.administer("CREATE DATABASE faults")
        yield server.url.format("faults")


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the sender at random moments, then count who got what.")
    parser.add_argument("--letters", type=int, default=4000)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--never-twice", action="store_true")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.08, help="seconds a letter costs the server, spread over its answers")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="composer-kill-"))
    try:
        with database(given.database) as url, beside(folder, **thinking(given.delay)) as server:
            made = install(
                folder / "installation",
                addresses(given.letters),
                url,
                delivery={"never_twice": given.never_twice},
                smtp={"connections": given.connections},
            )
            killed = kill_loop(made, server, given.letters, given.kills, given.seed)
        wrong = in_words(killed, never_twice=given.never_twice)
        for name, value in {**asdict(killed), **asdict(killed.judged)}.items():
            if name != "judged":
                print(f"{name:<10} {value if not isinstance(value, float) else round(value, 1)}")
        print("\n".join(wrong or ["all promises kept"]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
