"""Recipients' pages under load, beside a running send: `python -m bench.public [--letters N] [--requests N]`.

An SQLite installation sends half of its letters; then the other half are sent by `composer send` while a web server, a process of its own,
answers mixed requests (clicks, one-click unsubscribes, preference pages, pictures that count opens) from connections on loopback. Told are
errors, the percentiles of the answers' times, and whether every observation that consent allows was written.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.deliver import installation
from bench.measure import composer
from bench.million_people import DAY, fill
from bench.million_people import NOW as SECONDS
from bench.sink import running_sink
from composer.app import open_app
from composer.config import load
from composer.domain.tokens import Purpose, Subject, click_token, make_token
from composer.store.engine import reading, writing
from composer.store.tables import ConsentLedgerRow

CONNECTIONS = 8
COUNTS = "SELECT kind, maker, count(*), sum(times) FROM observations GROUP BY kind, maker"
BOUND = 0.200
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def main() -> None:
    """Print what was asked, the errors, and the times."""
    wanted = argparse.ArgumentParser(prog="bench.public", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--letters", type=int, default=20_000)
    wanted.add_argument("--requests", type=int, default=20_000)
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory() as scratch, running_sink() as sink:
        config = installation.install(Path(scratch) / "public", asked.letters)
        config.write_text(config.read_text().replace("[web]", '[web]\nrate_limit = "off"\ntoken_limit = "off"'), encoding="utf-8")
        os.environ["COMPOSER_SMTP__PORT"] = str(sink.port)
        _allow(config, asked.letters)
        installation.plan(config)
        installation.must(composer(config, "send", "--due", "--limit", str(asked.letters // 2), "--now", installation.NOW))
        requests = _requests(config, asked.requests)
        port = _free()
        web = subprocess.Popen(
            [sys.executable, "-m", "composer", "--config", str(config), "web", "--port", str(port)], stderr=subprocess.DEVNULL
        )
        command = [sys.executable, "-m", "composer", "--config", str(config), "send", "--due", "--now", installation.NOW]
        sending = None
        try:
            _wait_for(port)
            sending = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            begun = time.perf_counter()
            times, errors = asyncio.run(_ask(port, requests))
            took, still = time.perf_counter() - begun, sending.poll() is None
            sending.wait()
        finally:
            web.send_signal(signal.SIGTERM)
            web.wait()
            if sending is not None and sending.poll() is None:
                sending.kill()
        _tell(config, times, errors, took, still)


def _allow(config: Path, letters: int) -> None:
    app = open_app(load(config))
    with writing(app.engine) as db:
        lines = (
            (n, p, "granted", "consent", "import", SECONDS - DAY, SECONDS - DAY) for n in range(1, letters + 1) for p in ("clicks", "opens")
        )
        fill(db.connection.cursor(), ConsentLedgerRow, ("recipient", "purpose", "state", "basis", "source", "at", "recorded_at"), lines)
    app.close()


def _requests(config: Path, count: int) -> list[tuple[str, bytes]]:
    """Four in ten are clicks, four pictures, one a preference page, one an unsubscribe; each of another letter where there are as many."""
    app = open_app(load(config))
    with reading(app.engine) as db:
        rows = db.exec_driver_sql(
            "SELECT o.recipient, e.campaign, e.scheduled FROM outbox o JOIN editions e ON e.number = o.edition WHERE o.state = 'accepted'"
        ).fetchall()
    made = []
    for at in range(count):
        recipient, campaign, scheduled = rows[at // 2 % len(rows)]
        subject, kind = Subject(recipient, campaign, datetime.fromtimestamp(scheduled, UTC)), "cocopococu"[at % 10]
        key = app.keys.at(subject.scheduled)
        purpose = {"o": Purpose.open, "p": Purpose.preferences, "u": Purpose.unsubscribe_header}.get(kind)
        token = make_token(key, purpose, subject) if purpose else click_token(key, subject, 1)
        path = f"/{kind}/{token}" + (".gif" if kind == "o" else "")
        head = f"Host: letters.example.com\r\nUser-Agent: {AGENT}\r\n"
        body = "List-Unsubscribe=One-Click" if kind == "u" else ""
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if body else ""
        made.append((kind, f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\n{head}{form}\r\n{body}".encode()))
    app.close()
    return made


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("bench.public: the web server did not come up")


async def _ask(port: int, requests: list[tuple[str, bytes]]) -> tuple[dict[str, list[float]], int]:
    times: dict[str, list[float]] = {}
    wrong, coming = 0, iter(requests)

    async def one_connection() -> None:
        nonlocal wrong
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for kind, request in coming:
            begun = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            times.setdefault(kind, []).append(time.perf_counter() - begun)
            wrong += not head.startswith(b"HTTP/1.1 302" if kind == "c" else b"HTTP/1.1 200")
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    return times, wrong


def _tell(config: Path, times: dict[str, list[float]], errors: int, took: float, still: bool) -> None:
    everything = sorted(one for found in times.values() for one in found)
    p99 = everything[int(len(everything) * 0.99)]
    held = "held" if p99 <= BOUND and not errors else "FELL SHORT"
    print(f"{len(everything):,} requests in {took:.1f} s, {errors} errors, the send {'was still running' if still else 'ended before'}")
    for kind, name in (("c", "clicks"), ("o", "pictures"), ("p", "preferences"), ("u", "unsubscribes")):
        found = sorted(times[kind])
        middle, late = found[len(found) // 2] * 1e3, found[int(len(found) * 0.99)] * 1e3
        print(f"  {name:<13} {len(found):>6,}  median {middle:6.1f} ms  p99 {late:6.1f} ms")
    print(f"p99 of all {p99 * 1e3:.1f} ms (bound {BOUND * 1e3:.0f}), longest {everything[-1] * 1e3:.0f} ms: {held}")
    app = open_app(load(config))
    with reading(app.engine) as db:
        for kind, maker, rows, asked in db.exec_driver_sql(COUNTS):
            print(f"  written: {kind} by {maker}: {rows:,} rows, {asked:,} requests")
    app.close()


if __name__ == "__main__":
    main()
