"""Apply the corrections that findings carry: only what is sure, and nothing else in the file changes.

A correction is made where the file still holds exactly what the finding saw. Byte order mark, CRLF and every other byte stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from composer.domain.sources import Sources
from composer.library.cache import NOWHERE, Cache
from composer.library.finding import Edit, LintFinding
from composer.library.opening import lint
from composer.library.sources import with_files
from composer.render.links import is_own

_MARK = "\ufeff"
_PASSES = 10
"""A correction may bring the next one to light: a misspelt tag hides its attributes."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file's new bytes, and the findings they answer."""

    content: bytes
    findings: tuple[LintFinding, ...]


@dataclass
class Corrected:
    """What came of correcting a library. `contents` are the new bytes of the files that changed."""

    contents: dict[str, bytes] = field(default_factory=dict)
    answered: list[LintFinding] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Files in which the corrections would bring more errors to light than they take away; these stay as they are."""
    findings: tuple[LintFinding, ...] = ()
    """What the linter says afterwards."""


def correct(sources: Sources, contents: Mapping[str, bytes], site: str, kept: Cache = NOWHERE) -> Corrected:
    """Apply every sure correction to the library's files, whose bytes are `contents`, until there is none left to apply."""
    made = Corrected(findings=lint(sources, kept))
    first = made.findings
    for _ in range(_PASSES):
        fresh: dict[str, bytes] = {}
        for file in sorted({edit.file for finding in made.findings for edit in finding.edits} & contents.keys() - set(made.left)):
            done = fix(file, made.contents.get(file, contents[file]), made.findings, site)
            if done.findings:
                fresh[file] = done.content
                made.answered += done.findings
        if not fresh:
            break
        made.contents |= fresh
        made.findings = lint(with_files(sources, {file: as_read(content) for file, content in made.contents.items()}), kept)
    worse = [file for file in made.contents if _errors(made.findings, file) > _errors(first, file)]
    if worse:
        made.left = worse
        made.contents = {file: content for file, content in made.contents.items() if file not in worse}
        made.answered = [finding for finding in made.answered if finding.file not in worse]
        made.findings = lint(with_files(sources, {file: as_read(content) for file, content in made.contents.items()}), kept)
    return made


def as_read(content: bytes) -> str:
    """The text of a file as the library reads it."""
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _errors(findings: Iterable[LintFinding], file: str) -> int:
    return sum(finding.file == file and finding.severity == "error" for finding in findings)


def fix(file: str, content: bytes, findings: Iterable[LintFinding], site: str) -> Fixed:
    """Apply the edits that the findings have for `file`; `site` is our own address, where http:// may become https://.

    A finding's edits are made all or none, and never where two findings want the same place.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Fixed(content, ())
    starts = _lines(text)
    taken: list[tuple[int, int, str]] = []
    answered = []
    for finding in findings:
        spans = [_span(edit, text, starts) for edit in finding.edits if edit.file == file and (not edit.host or is_own(edit.host, site))]
        whole = len(spans) == len(finding.edits) and spans and None not in spans
        wanted = [span for span in spans if span]
        if whole and not any(_touch(one, other) for one in wanted for other in taken):
            taken += wanted
            answered.append(finding)
    for start, end, new in sorted(taken, reverse=True):
        text = text[:start] + new + text[end:]
    return Fixed(text.encode(), tuple(answered))


def _lines(text: str) -> list[int]:
    """Where each line starts, counted as the linter counts: \\n and \\r\\n end a line, and a byte order mark is not part of the first."""
    starts = [len(_MARK) if text.startswith(_MARK) else 0]
    at = -1
    while (at := text.find("\n", at + 1)) >= 0:
        starts.append(at + 1)
    return starts


def _span(edit: Edit, text: str, starts: list[int]) -> tuple[int, int, str] | None:
    if not 1 <= edit.line <= len(starts):
        return None
    start = starts[edit.line - 1] + edit.column - 1
    end = start + len(edit.old)
    return (start, end, edit.new) if edit.old and "\n" not in edit.old and text[start:end] == edit.old else None


def _touch(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
