"""SMTP alone: CPU a letter of 47 kB on connections used again, and letters a second where each answer takes 10 ms.

`python -m bench.smtp [--quick]`. Ours and aiosmtplib's own sendmail take turns in one process, into one sink (bench.sink, in a
process of its own); told is the median of the rounds. Postfix's smtp-source and smtp-sink stand beside them where they are installed.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NamedTuple

import uvloop
from aiosmtplib import SMTP

from bench.deliver.sinks import FAST, POSTFIX, known, listening
from bench.sink import running_sink
from composer.config import Settings, Smtp
from composer.domain.message import Message
from composer.domain.outcome import Verdict
from composer.transports.smtp import open_transport

SIZE = 47_000
SENDER = "letters@example.com"
CHEAPER, FASTER = 15.0, 4.0
"""The bounds: CPU against aiosmtplib on asyncio's own loop, and letters a second of one connection at 10 ms."""


class Measured(NamedTuple):
    """CPU microseconds a letter, letters a second."""

    cpu: float
    rate: float


Client = Callable[[int, int, int, bytes], Coroutine[Any, Any, None]]


def letter_bytes() -> bytes:
    """A letter as we write them: quoted-printable lines of 76 characters, none beginning with a dot."""
    head = b"From: Example <letters@example.com>\r\nSubject: Hello\r\nMessage-ID: <1@letters.example.com>\r\n\r\n"
    line = b"<p style=3D=22color:#333=22>What a reader reads, or at least a tenth of it</=\r\n"
    return head + line * ((SIZE - len(head)) // len(line))


async def ours(port: int, letters: int, connections: int, data: bytes) -> None:
    section = Smtp(host="127.0.0.1", port=port, start_tls="off", connections=connections, reuse=letters + 1)
    transport = open_transport(Settings(smtp=section))
    left = iter(range(letters))

    async def send_on() -> None:
        for number in left:
            message = Message("<1@letters.example.com>", SENDER, f"reader{number}@example.com", "Hello", data)
            outcome = await transport.send(message, lambda: True)
            assert outcome.verdict is Verdict.accepted, outcome

    await asyncio.gather(*(send_on() for _ in range(transport.depth)))
    await transport.close()


async def theirs(port: int, letters: int, connections: int, data: bytes) -> None:
    """aiosmtplib as its manual shows it: one client a connection, used again."""
    left = iter(range(letters))

    async def send_on() -> None:
        client = SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        await client.connect()
        for number in left:
            await client.sendmail(SENDER, [f"reader{number}@example.com"], data)
        await client.quit()

    await asyncio.gather(*(send_on() for _ in range(connections)))


def timed(client: Client, run: Callable[..., Any], port: int, letters: int, connections: int) -> Measured:
    data = letter_bytes()
    cpu, wall = time.process_time(), time.perf_counter()
    run(client(port, letters, connections, data))
    return Measured((time.process_time() - cpu) / letters * 1e6, letters / (time.perf_counter() - wall))


CLIENTS: tuple[tuple[str, Client, Callable[..., Any], float], ...] = (
    ("ours, asyncio", ours, asyncio.run, 1.0),
    ("ours, uvloop", ours, uvloop.run, 1.0),
    ("aiosmtplib, asyncio", theirs, asyncio.run, 0.2),
)
"""Name, client, loop, and the share of the letters it sends: it takes its time."""


def in_turns(port: int, letters: int, connections: int, rounds: int, least: int = 1) -> dict[str, Measured]:
    """Let all clients take turns; return each one's median."""
    seen: dict[str, list[Measured]] = {name: [] for name, *_ in CLIENTS}
    for _ in range(rounds):
        for name, client, run, share in CLIENTS:
            seen[name].append(timed(client, run, port, max(least, int(letters * share)), connections))
    return {
        name: Measured(statistics.median(m.cpu for m in turns), statistics.median(m.rate for m in turns)) for name, turns in seen.items()
    }


def smtp_source(port: int, letters: int, connections: int) -> Measured | None:
    """Postfix's own load program, in C, over connections used again."""
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    if program is None:
        return None
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    options = ["-d", "-l", str(SIZE), "-m", str(letters), "-s", str(connections), "-f", SENDER, "-t", "reader@example.com"]
    subprocess.run([program, *options, f"127.0.0.1:{port}"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - wall
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(cpu / letters * 1e6, letters / wall)


def lines(where: str, connections: int, measured: dict[str, Measured]) -> Iterator[str]:
    their = measured["aiosmtplib, asyncio"]
    for name, one in measured.items():
        against = "" if one is their else f"   CPU {their.cpu / one.cpu:5.1f}x less, {one.rate / their.rate:5.1f}x the rate"
        yield f"{where:<18} {connections:>3} connections  {name:<20} {one.cpu:7.1f} us  {one.rate:8,.0f}/s{against}"


def verdict(what: str, reached: float, bound: float) -> str:
    return f"{what:<70} {reached:5.1f}x (bound {bound:g}x)  {'held' if reached >= bound else 'FELL SHORT'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few letters, one round")
    quick = parser.parse_args().quick
    rounds, letters = (1, 500) if quick else (5, 4_000)
    told: list[str] = []
    for sink in known():
        for connections in (1, 10, 50):
            with listening(sink) as port:
                measured = in_turns(port, letters, connections, rounds)
                if sink == POSTFIX and (reference := smtp_source(port, letters, connections)):
                    measured["smtp-source (C)"] = reference
            print(*lines(sink, connections, measured), sep="\n", flush=True)
            if sink == FAST:
                cheaper = measured["aiosmtplib, asyncio"].cpu / measured["ours, asyncio"].cpu
                told.append(verdict(f"CPU a letter on asyncio, {connections} connections, against aiosmtplib", cheaper, CHEAPER))
    for connections in (1, 10, 50):
        with running_sink(delay=0.010) as slow:
            measured = in_turns(slow.port, 250 * connections, connections, 1 if quick else 3, least=20 * connections)
        print(*lines("answers after 10 ms", connections, measured), sep="\n", flush=True)
        faster = max(measured[name].rate for name in ("ours, asyncio", "ours, uvloop")) / measured["aiosmtplib, asyncio"].rate
        told.append(verdict(f"letters a second at 10 ms, {connections} connections, against aiosmtplib", faster, FASTER))
    print(*told, sep="\n")


if __name__ == "__main__":
    main()
