"""A fast SMTP sink in a process of its own, for load: it takes everything, with PIPELINING, and counts it.

`python -m bench.sink [--port N] [--delay SECONDS] [--no-pipelining] [--hashes]` prints its port as the first line and, when its
standard input ends, one JSON line: messages, bytes of letters, connections, CPU seconds of its own, and sha256 sums where asked for.
`running_sink` does that from a benchmark. Postfix's smtp-sink costs 240 to 300 us a letter of 46 kB, this one about 40.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

_END = b"\r\n.\r\n"
_OFFERS = ("sink.example.com", "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 52428800")
_ANSWERS = {
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"HELO": b"250 sink.example.com\r\n",
    b"DATA": b"354 End data with <CR><LF>.<CR><LF>\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
_TAKEN, _UNKNOWN = b"250 2.0.0 Ok\r\n", b"500 5.5.2 Command not known\r\n"


@dataclass
class Taken:
    """What a sink took: letters, their bytes without the final dot, connections, and its own CPU seconds."""

    messages: int = 0
    bytes: int = 0
    connections: int = 0
    cpu: float = 0.0
    hashes: list[str] = field(default_factory=list)


class _Session(asyncio.Protocol):
    """One connection. What one flight of the client asks for is answered in one flight, `delay` seconds later."""

    def __init__(self, taken: Taken, delay: float, greeting: bytes, hashes: bool) -> None:
        self._taken, self._delay, self._greeting = taken, delay, greeting
        self._line = b""
        self._in_letter = False
        self._tail = b""
        self._length = 0
        self._kept: list[bytes] | None = [] if hashes else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own classes are none of asyncio's
        self._taken.connections += 1
        self._answer(b"220 sink.example.com ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        answers: list[bytes] = []
        while data:
            data = self._letter(data, answers) if self._in_letter else self._commands(data, answers)
        if answers:
            self._answer(b"".join(answers))

    def _commands(self, data: bytes, answers: list[bytes]) -> bytes:
        """Answer whole lines until DATA; return what belongs to the letter."""
        data = self._line + data
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            verb = data[start : start + 4].upper()
            start = end + 1
            answers.append(self._greeting if verb == b"EHLO" else _ANSWERS.get(verb, _UNKNOWN))
            if verb == b"DATA":
                self._line, self._in_letter, self._tail, self._length = b"", True, b"\r\n", 0
                return data[start:]
        self._line = data[start:]
        return b""

    def _letter(self, data: bytes, answers: list[bytes]) -> bytes:
        """Count up to the final dot, which may come in pieces; return what follows it."""
        held = len(self._tail)
        end = (self._tail + data[:4]).find(_END)
        if end < 0 and (end := data.find(_END)) >= 0:
            end += held
        past = end + len(_END) - held if end >= 0 else len(data)
        self._length += past
        if self._kept is not None:
            self._kept.append(data[:past])
        if end < 0:
            self._tail = (self._tail + data[-4:])[-4:]
            return b""
        self._taken.messages += 1
        self._taken.bytes += self._length - len(b".\r\n")
        if self._kept is not None:
            letter = b"\r\n" + b"".join(self._kept).removesuffix(b".\r\n")
            self._taken.hashes.append(hashlib.sha256(letter.replace(b"\r\n.", b"\r\n")[2:]).hexdigest())
            self._kept.clear()
        answers.append(_TAKEN)
        self._in_letter = False
        return data[past:]

    def _answer(self, data: bytes) -> None:
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, data)
        else:
            self._transport.write(data)


class Sink:
    """A running sink: where it listens, and, once it has ended, what it took."""

    def __init__(self, port: int) -> None:
        self.host, self.port = "127.0.0.1", port
        self.taken = Taken()


@contextmanager
def running_sink(delay: float = 0.0, pipelining: bool = True, hashes: bool = False) -> Iterator[Sink]:
    """Run a sink in a process of its own; `sink.taken` is filled when the block ends."""
    options = [f"--delay={delay}", *([] if pipelining else ["--no-pipelining"]), *(["--hashes"] if hashes else [])]
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        sink = Sink(int(process.stdout.readline()))
        yield sink
        process.stdin.close()
        sink.taken = Taken(**json.loads(process.stdout.readline()))
        process.wait(timeout=10)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdin.close()
        process.stdout.close()


async def _serve(port: int, delay: float, pipelining: bool, hashes: bool) -> Taken:
    taken = Taken()
    offers = [offer for offer in _OFFERS if pipelining or offer != "PIPELINING"]
    greeting = "".join(f"250{'-' if place < len(offers) else ' '}{offer}\r\n" for place, offer in enumerate(offers, 1)).encode()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Session(taken, delay, greeting, hashes), "127.0.0.1", port, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    return taken


def main() -> None:
    """Serve until standard input ends, then tell what was taken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each flight of answers")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--hashes", action="store_true", help="keep the sha256 of every letter, dots unstuffed")
    given = parser.parse_args()
    with suppress(KeyboardInterrupt):
        taken = uvloop.run(_serve(given.port, given.delay, not given.no_pipelining, given.hashes))
        taken.cpu = time.process_time()
        print(json.dumps(asdict(taken)), flush=True)


if __name__ == "__main__":
    main()
