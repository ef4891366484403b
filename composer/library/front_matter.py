"""Front matter: TOML between two lines +++, above one MJML body, with the line of every key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from composer.library.finding import LintFinding, Severity, position

FENCE = "+++"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TABLE = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*=""")


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
        for number, line in enumerate(self.lines[first - 1 :], first):
            if snippet in line:
                self.add(number, line.index(snippet) + 1, message, severity)
                return
        self.add(first, 1, message, severity)

    def in_body(self, offset: int, message: str, severity: Severity = "error") -> None:
        """Report at a character of the body."""
        line, column = position(self.body, offset)
        self.add(self.body_line + line - 1, column, message, severity)

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
    source._key_lines = _key_lines(lines[1:end])
    try:
        source.values = tomllib.loads("\n".join(lines[1:end]) + "\n")
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]) + 1, int(place[2])) if place else (end, 1)
        source.add(line, column, f"the front matter is not TOML: {re.sub(r' [(]at .*', '', str(error))}")
    return source


def is_language(word: str) -> bool:
    """Tell whether `word` has the form of a BCP 47 language."""
    return _LANGUAGE.fullmatch(word) is not None


def _key_lines(lines: list[str]) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    quoted = ""
    for number, line in enumerate(lines, 2):
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
