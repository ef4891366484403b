"""Front matter: TOML between two lines +++, above one MJML body, with the line of every key."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from composer.library.finding import Edit, LintFinding, Severity, position

FENCE = "+++"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TABLE = re.compile(r"\s*\[\[?([^\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*=""")
_LONG_KEY = re.compile(r"""(?<!["'\w.-])(?:["'\w-]++[ \t]*+\.[ \t]*+){30}""")
"""A key of so many parts; tomllib's time grows with the square of their number."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an expanded body, starting at its character `start`: where it came from.

    `text` is the body it was taken from (its first line is line `line` of `file`), `offset` the character there;
    with `still` all of it came from that one character: it is a value put in.
    """

    start: int
    file: str
    text: str
    line: int
    offset: int
    still: bool

    def place(self, offset: int) -> tuple[str, int, int]:
        """File, line and column of this character of the expanded body."""
        line, column = position(self.text, self.offset if self.still else self.offset + offset - self.start)
        return self.file, self.line + line - 1, column

    def finding(self, offset: int, message: str, severity: Severity = "error") -> LintFinding:
        """A finding at this character of the expanded body."""
        return LintFinding(*self.place(offset), severity, message)


@dataclass
class SourceFile:
    """One file taken apart, and the findings collected while it is read."""

    file: str
    lines: list[str]
    values: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    """The file's line on which the body starts."""
    findings: list[LintFinding] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    """Where the characters of `body` came from, once parts and brand values were put into it."""
    parts: dict[str, SourceFile] = field(default_factory=dict)
    """The parts in `body` and in the text frame, by file."""
    _key_lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add(self, line: int, column: int, message: str, severity: Severity = "error") -> None:
        self.findings.append(LintFinding(self.file, line, column, severity, message))

    def at_key(self, path: tuple[str, ...], message: str, severity: Severity = "error") -> None:
        """Report at the line of a front matter key (table names first), or of the nearest table around it."""
        while path and path not in self._key_lines:
            path = path[:-1]
        self.add(self._key_lines.get(path, 1), 1, message, severity)

    def in_text(self, path: tuple[str, ...], snippet: str, message: str, severity: Severity = "error") -> None:
        """Report inside the value of a key: where `snippet` stands in the file at or below the key."""
        first = self._key_lines.get(path, 1)
        for file, lines, start in ((self.file, self.lines, first), *((part.file, part.lines, 1) for part in self.parts.values())):
            for number, line in enumerate(lines[start - 1 :], start):
                if snippet in line:
                    self.findings.append(LintFinding(file, number, line.index(snippet) + 1, severity, message))
                    return
        self.add(first, 1, message, severity)

    def place(self, offset: int) -> tuple[str, int, int]:
        """File, line and column of a character of the body."""
        if self.pieces:
            return self.pieces[bisect_right(self.pieces, offset, key=lambda piece: piece.start) - 1].place(offset)
        line, column = position(self.body, offset)
        return self.file, self.body_line + line - 1, column

    def in_body(self, offset: int, message: str, severity: Severity = "error", edits: tuple[Edit, ...] = ()) -> None:
        """Report at a character of the body, in the file it came from."""
        self.findings.append(LintFinding(*self.place(offset), severity, message, edits))

    @property
    def broken(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)


def read_front_matter(file: str, text: str) -> SourceFile:
    """Take a file apart. A file without front matter, or with TOML that does not parse, comes back broken."""
    lines = text.split("\n")
    source = SourceFile(file, lines)
    if lines[0].rstrip() != FENCE:
        source.add(1, 1, "no front matter: start the file with a line +++, then TOML, then a line +++")
        return source
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        source.add(1, 1, "the front matter has no end: put a line +++ between the TOML and the MJML")
        return source
    source.body, source.body_line = "\n".join(lines[end + 1 :]), end + 2
    _read_values(source, lines[1:end], 2, "the front matter")
    return source


def read_toml(file: str, text: str) -> SourceFile:
    """Read a file that is TOML from its first line to its last."""
    source = SourceFile(file, text.split("\n"))
    _read_values(source, source.lines, 1, "the file")
    return source


def _read_values(source: SourceFile, lines: list[str], first: int, what: str) -> None:
    """Read the TOML in `lines`, which start on line `first` of the file."""
    source._key_lines = _key_lines(lines, first)
    text = "\n".join(lines) + "\n"
    if found := _LONG_KEY.search(text):
        source.add(first + text.count("\n", 0, found.start()), 1, f"{what} has a key of 30 parts or more: write a table")
        return
    try:
        source.values = tomllib.loads(text)
    except RecursionError:
        source.add(first, 1, f"{what} nests arrays or tables too deeply: make it simpler")
    except ValueError as error:  # TOMLDecodeError, and numbers of more digits than Python reads
        place = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]) + first - 1, int(place[2])) if place else (first + len(lines) - 1, 1)
        source.add(line, column, f"{what} is not TOML: {re.sub(r' [(]at .*', '', str(error))}")


def is_language(word: str) -> bool:
    """Tell whether `word` has the form of a BCP 47 language."""
    return _LANGUAGE.fullmatch(word) is not None


def _key_lines(lines: list[str], first: int) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    quoted = ""
    for number, line in enumerate(lines, first):
        if quoted:
            quoted = "" if quoted in line else quoted
            continue
        if header := _TABLE.match(line):
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
            quoted = next((mark for mark in ('"""', "'''") if line.count(mark) == 1), "")
    return found
