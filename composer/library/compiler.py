"""The MJML compiler at arm's length: in a child process with limits, used for many documents, started again when it dies.

MRML recurses without bound, holds the GIL and takes the whole process with it when it dies, so it never runs in ours.
"""

from __future__ import annotations

import atexit
import os
import re
import select
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from time import monotonic

from composer.errors import ComposerError
from composer.library.finding import position

SECONDS = 10.0
"""For one document; a large module takes a thousandth of it."""
MEMORY = 512 * 1024 * 1024
LARGEST_IN, LARGEST_OUT = 2_000_000, 8_000_000
"""Bytes of one document and of what comes of it."""
_SPAN = re.compile(r"(\d+)\.\.(\d+)|position (\d+)")
_PICTURE = re.compile(r'height="auto"(?= src="\{\{ pictures \}\}/[^"]*"[^>]*? width="(\d+)")')


class CompileError(Exception):
    """The compiler refused: `message`, and the line and column in the compiled text where it said them."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class _Gone(Exception):
    """The child died, or closed its ends."""


class _Late(Exception):
    """The child was silent for too long."""


class Compiler:
    """Holds one child process, started at the first document. Threads take turns; `close` ends it."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY, largest: int = LARGEST_OUT) -> None:
        self._seconds, self._memory, self._largest = seconds, memory, largest
        self._turn = Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def compile(self, text: str) -> str:
        """Return the HTML of a whole document. Raises CompileError for what the document is to blame for."""
        document = text.encode()
        if len(document) > LARGEST_IN:
            raise CompileError(f"the document is larger than {LARGEST_IN // 1000} kB: split it")
        with self._turn:
            sign, answer = self._answer(document)
        if sign == b"+":
            return answer.decode()
        message = answer.decode()
        span = _SPAN.search(message)
        if not span:
            raise CompileError(message)
        offset = len(document[: int(span[1] or span[3])].decode(errors="ignore"))  # the compiler counts bytes
        raise CompileError(message, *position(text, offset))

    def close(self) -> None:
        """End the child; the next document starts another."""
        with self._turn:
            self._end()

    def _answer(self, document: bytes) -> tuple[bytes, bytes]:
        self._leave_inherited()
        fresh = self._child is None
        try:
            return self._ask(document)
        except _Late:
            self._end()
            raise CompileError(f"the compiler took longer than {self._seconds:g} s: make it simpler") from None
        except _Gone:
            self._end()
            if not fresh:  # it may have died before, of something else
                return self._answer(document)
            raise CompileError("the compiler died on it: make it simpler") from None

    def _ask(self, document: bytes) -> tuple[bytes, bytes]:
        child = self._child or self._start()
        deadline = monotonic() + self._seconds
        _write(child, len(document).to_bytes(4) + document, deadline)
        head = _read(child, 5, deadline)
        length = int.from_bytes(head[1:])
        if head[:1] not in (b"+", b"-") or length > self._largest + 1000:
            raise _Gone
        return head[:1], _read(child, length, deadline)

    def _start(self) -> subprocess.Popen[bytes]:
        found = find_spec("mjml")
        home = Path(found.origin).parents[1] if found and found.origin else Path()
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("compiler_process.py")), str(home)]
        child = self._child = subprocess.Popen(
            [*command, str(self._seconds), str(self._memory), str(self._largest)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            start_new_session=True,  # Ctrl-C is for us; the child ends with its stdin
        )
        self._owner = os.getpid()
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        try:
            if _read(child, 1, monotonic() + max(self._seconds, SECONDS)) == b".":
                return child
        except (_Gone, _Late):
            pass
        self._end()
        raise ComposerError("the MJML compiler does not start", where="library", do="Reinstall mjml-python, and look for free memory.")

    def _leave_inherited(self) -> None:
        """In a fork: let go of the child, which answers the process that started it."""
        if self._child is not None and self._owner != os.getpid():
            for pipe in (self._child.stdin, self._child.stdout):
                assert pipe is not None
                pipe.close()
            self._child.returncode = 0  # not ours to wait for
            self._child = None

    def _end(self) -> None:
        self._leave_inherited()
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()  # closes both pipes and reaps it


def _write(child: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
    assert child.stdin is not None
    view, pipe = memoryview(data), child.stdin.fileno()
    while view:
        _wait(pipe, select.POLLOUT, deadline)
        try:
            view = view[os.write(pipe, view) :]
        except BlockingIOError:
            continue
        except BrokenPipeError:
            raise _Gone from None


def _read(child: subprocess.Popen[bytes], length: int, deadline: float) -> bytes:
    assert child.stdout is not None
    pipe, chunks = child.stdout.fileno(), []
    while length:
        _wait(pipe, select.POLLIN, deadline)
        chunk = os.read(pipe, length)
        if not chunk:
            raise _Gone
        chunks.append(chunk)
        length -= len(chunk)
    return b"".join(chunks)


def _wait(pipe: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    left = deadline - monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise _Late


_SHARED = Compiler()
atexit.register(_SHARED.close)


def mjml(text: str) -> str:
    """Compile a whole document in this process's one child. Raises CompileError.

    Pictures of ours are twice as wide as high and say so: HTML's height is a number ("auto" is none), the style stays `height:auto`.
    """
    return _PICTURE.sub(lambda match: f'height="{int(match[1]) // 2}"', _SHARED.compile(text))
