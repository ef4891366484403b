"""Lines of a text file, plain or gzip, in UTF-8 and nothing else; damage is named with its line and byte."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from composer.errors import UsageError
from composer.sources._records import Damaged, Progress

LONGEST = 1_000_000
"""Characters of the longest line that is read; the rest of a longer one is skipped."""
_EVERY = 2_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GZIP = b"\x1f\x8b"


def lines(file: Path, progress: Progress) -> Iterator[tuple[int, str | None]]:
    """Yield (line number, line with its ending); None for a line longer than LONGEST. A byte order mark is skipped.

    Raises UsageError for a file that cannot be opened, Damaged for another encoding or a gzip cut short.
    """
    number = 0
    try:
        raw = file.open("rb")
    except OSError as error:
        raise UsageError(f"cannot read it ({error.strerror})", where=str(file), do="Name a file that exists and can be read.") from None
    try:
        with raw:
            size = file.stat().st_size or 1
            text = io.TextIOWrapper(_unpacked(file, raw), encoding="utf-8-sig", newline="")
            while line := text.readline(LONGEST):
                number += 1
                if len(line) == LONGEST and not line.endswith("\n"):
                    _skip_line(text)
                    yield number, None
                else:
                    yield number, line
                if number % _EVERY == 0:
                    progress(raw.tell() / size)
        progress(1.0)
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _broken_gzip(file, number) from None
        raise Damaged(f"cannot read on ({error.strerror})", where=f"{file}:{number + 1}", do="Look at the disk it is on.") from None
    except (EOFError, zlib.error):
        raise _broken_gzip(file, number) from None
    except UnicodeDecodeError:
        raise _not_utf8(file) from None


def _unpacked(file: Path, raw: IO[bytes]) -> IO[bytes]:
    start = raw.read(2)
    raw.seek(0)
    if start in _UTF16:
        raise Damaged("UTF-16, not UTF-8", where=f"{file}:1", do="Save the file as UTF-8.")
    if start == _GZIP or file.suffix == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 20)
    return raw


def _skip_line(text: IO[str]) -> None:
    while (rest := text.readline(LONGEST)) and not rest.endswith("\n"):
        pass


def _broken_gzip(file: Path, number: int) -> Damaged:
    return Damaged("the gzip is damaged or cut short", where=f"{file}:{number + 1}", do="Fetch the file again.")


def _not_utf8(file: Path) -> Damaged:
    """Read once more, line by line as bytes, to name the place."""
    offset = 0
    with file.open("rb") as raw:
        for number, line in enumerate(_unpacked(file, raw), 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return Damaged(f"not UTF-8 at byte {offset + error.start}", where=f"{file}:{number}", do="Save the file as UTF-8.")
            offset += len(line)
    return Damaged("not UTF-8", where=str(file), do="Save the file as UTF-8.")
