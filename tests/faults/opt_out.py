"""Races between an opt-out and a letter that is on its way: no DATA may begin after the 2xx was read.

`python -m tests.faults.opt_out --rounds 5`. The fault server and the reader's browser run in this process, on one
monotonic clock; the pages and the sender are real processes.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.installation import Installation, addresses, install, unsubscribe_paths
from tests.faults.kill import database
from tests.faults.server import Server, Terms

RACES, CONNECTIONS, LATENCY = 200, 10, 0.02


@dataclass(frozen=True)
class Raced:
    """How the races ended."""

    races: int
    stopped: int
    """Opt-outs that came in time: that letter never left."""
    overtaken: int
    """Letters whose DATA had begun when the 2xx came."""
    broken: tuple[str, ...]
    """Recipients whose DATA began after the 2xx was read, and by how many milliseconds."""
    failed: tuple[str, ...]
    """Answers that were not 2xx."""
    states: dict[str, int]


async def post(url: str, path: str) -> tuple[str, float]:
    """One-click POST (RFC 8058); the status, and when its line was read."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    body = b"List-Unsubscribe=One-Click"
    head = f"POST {path} HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    status = (await reader.readline()).split(b" ")[1:2]
    at = time.monotonic()
    await reader.read()
    writer.close()
    return (status[0].decode() if status else "none"), at


@asynccontextmanager
async def running(installation: Installation) -> AsyncIterator[list[str]]:
    """`composer web`, its address first in the list; it is stopped at the end."""
    log = installation.folder / "web.log"
    log.touch()
    process = installation.start("web", log=log)
    try:
        async with asyncio.timeout(30):
            while "http://" not in log.read_text():
                assert process.poll() is None, log.read_text()
                await asyncio.sleep(0.02)
        yield ["http://" + log.read_text().partition("http://")[2].split()[0].rstrip("/")]
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.communicate)


async def race(installation: Installation, people: Sequence[str], seed: int) -> Raced:
    """Send to everybody, and let each opt out at a random moment from the RCPT of their letter on.

    The server waits three times as long as the pages took for their last answers: on a slow machine, too, some are in time.
    """
    moments = random.Random(seed)
    app = installation.open()
    paths = unsubscribe_paths(app)
    app.close()
    answers: dict[str, tuple[str, float]] = {}
    posts: list[asyncio.Task[None]] = []

    async with Server(Terms(latency=LATENCY)) as server, running(installation) as urls:

        async def leave(address: str) -> None:
            await asyncio.sleep(moments.uniform(0, 2 * server.terms.latency))
            asked = time.monotonic()
            answers[address] = await post(urls[0], paths[address])
            latency, at = server.terms.latency, answers[address][1]
            server.terms = replace(server.terms, latency=max(LATENCY, latency + (3 * (at - asked) - latency) / CONNECTIONS))

        server.heard = lambda address: posts.append(asyncio.create_task(leave(address)))
        installation.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        done = await asyncio.to_thread(installation.run, "send", "--due")
        assert done.returncode == 0, done.stderr
        await asyncio.gather(*posts)
        began = {letter.recipient: letter.data_at for letter in server.taken}
    late = {name: began[name] - answers[name][1] for name in began.keys() & answers.keys()}
    return Raced(
        len(answers),
        len(set(people) - began.keys()),
        sum(gap <= 0 for gap in late.values()),
        tuple(f"{name} {gap * 1000:.1f} ms" for name, gap in sorted(late.items()) if gap > 0),
        tuple(f"{name} {status}" for name, (status, _) in sorted(answers.items()) if status[:1] != "2"),
        installation.states(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Opt-outs that race with the letter: no DATA may begin after the 2xx.")
    parser.add_argument("--rounds", type=int, default=1, help=f"of {RACES} races each")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    bad = 0
    for seed in range(given.rounds):
        folder = Path(tempfile.mkdtemp(prefix="composer-races-"))
        with database(given.database) as url:
            people = addresses(RACES)
            made = install(folder / "installation", people, url, smtp={"connections": CONNECTIONS})
            raced = asyncio.run(race(made, people, seed))
        shutil.rmtree(folder)
        print(raced)
        bad += bool(raced.broken or raced.failed)
    raise SystemExit(bad > 0)


if __name__ == "__main__":
    main()
