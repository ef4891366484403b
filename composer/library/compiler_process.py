"""The compiler's own process: MJML documents in on stdin, HTML out on stdout. Run by its path; it imports the compiler and little else.

A document is four bytes of length and UTF-8; an answer is `+` or `-`, four bytes of length, and HTML or what is wrong.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from math import ceil


def limit(memory: int) -> None:
    """Bound what the compiler can take: bytes of memory, no core dump, no file written, no further file opened."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 4),
    ):
        resource.setrlimit(what, (most, most))


def serve(compile_one: Callable[[str], str], seconds: float, largest: int) -> None:
    """Answer documents until stdin ends. Each may take `seconds` of CPU; the kernel kills what takes more.

    What the compiler panics of ends the process: whoever asked starts another.
    """
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    target.write(b".")
    target.flush()
    while len(length := source.read(4)) == 4:
        document = source.read(int.from_bytes(length)).decode()
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(used.ru_utime + used.ru_stime + seconds), hard))
        sign, answer = b"+", b""
        try:
            answer = compile_one(document).encode()
        except ValueError as error:
            sign, answer = b"-", f"the compiler cannot read it: {error}".encode()
        if len(answer) > largest:
            sign, answer = b"-", f"the compiler makes more than {largest // 1000} kB of it: make it smaller".encode()
        target.write(sign + len(answer).to_bytes(4) + answer)
        target.flush()


def main(home: str, seconds: str, memory: str, largest: str) -> None:
    """Import the compiler from the folder `home`, give up all that it does not need, and serve."""
    sys.path.append(home)
    from mjml import mjml2html

    limit(int(memory))
    # fonts={}: without it every letter would load fonts from outside.
    serve(lambda document: mjml2html(document, fonts={}), float(seconds), int(largest))


if __name__ == "__main__":
    main(*sys.argv[1:])
