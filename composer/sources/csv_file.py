"""CSV with a header: comma, semicolon or tab; quotes as in RFC 4180; plain or gzip."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from composer.sources._lines import lines
from composer.sources._records import Damaged, Progress, Records

SUFFIXES = (".csv", ".csv.gz")
_REASONS = {
    "unexpected end of data": "a quote is opened and never closed",
    "field larger than field limit": "a field is too long, or a quote is never closed",
    "expected after": "a quote in the middle of a field",
}


class _Feed:
    """Lines for the csv reader, which can be given back: one stray quote must not swallow the good rows after it."""

    def __init__(self, source: Iterator[tuple[int, str | None]]) -> None:
        self.source = source
        self.returned: deque[tuple[int, str | None]] = deque()
        self.record: list[tuple[int, str | None]] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        numbered = self.returned.popleft() if self.returned else next(self.source)
        self.record.append(numbered)
        if numbered[1] is None:
            raise csv.Error("the line is too long")
        return numbered[1]

    def give_back(self) -> None:
        """Read all lines of this record again but its first."""
        self.returned.extendleft(reversed(self.record[1:]))


def read(file: Path, progress: Progress) -> Records:
    """Read the header now and the rows later. Raises Damaged for an empty file or a header that is no header."""
    feed = _Feed(lines(file, progress))
    first = next(feed.source, None)
    if first is None or not (first[1] or "").strip():
        raise Damaged("no header", where=f"{file}:1", do="Put the column names on the first line.")
    feed.returned.append(first)
    header = first[1] or ""
    # Of equal counts the first: a comma.
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    try:
        columns = tuple(name.strip() for name in next(reader))
    except csv.Error as error:
        raise Damaged(f"the header cannot be read: {_reason(error)}", where=f"{file}:1", do="Correct the first line.") from None
    if any("@" in name for name in columns):
        raise Damaged("no header: the first line holds an address", where=f"{file}:1", do="Put the column names on the first line.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise Damaged(f"two columns have the same name: {', '.join(twice)}", where=f"{file}:1", do="Rename one.")
    return Records(columns, _rows(feed, reader, columns))


def _rows(feed: _Feed, reader: Iterator[list[str]], columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    width = len(columns)
    while True:
        feed.record.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            feed.give_back()
            yield feed.record[0][0], _reason(error)
            continue
        line = feed.record[0][0]
        if len(row) == width:
            yield line, dict(zip(columns, row, strict=True))
        elif row:
            feed.give_back()
            yield line, f"{len(row)} fields where the header has {width}"


def _reason(error: csv.Error) -> str:
    return next((reason for part, reason in _REASONS.items() if part in str(error)), str(error))
