"""What a file's text must be before anything else is asked of it: whole tags, no control characters, no spaces at line ends."""

from __future__ import annotations

import re

from composer.library.finding import Edit, LintFinding
from composer.library.front_matter import FENCE, SourceFile

_WHOLE = re.compile(r"<!--.*?-->|</?[A-Za-z](?:[^\"'<>]++|\"[^\"]*+\"|'[^']*+')*+>", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_END = "a tag without its >, or a bare < in the text: close it, or write &lt;"
_UNFINISHED = {
    "!": "a comment without its -->, or a declaration: close the comment; doctype and CDATA are not understood",
    "?": "a processing instruction is not understood by the compiler: remove it",
}


def is_whole(source: SourceFile) -> bool:
    """Report control characters, and the first tag that does not end: html.parser would look for its end from every later one."""
    if control := _CONTROL.search(source.body):
        source.in_body(control.start(), "a control character: remove it")
        return False
    at = -1
    while (at := source.body.find("<", at + 1)) >= 0:
        found = _WHOLE.match(source.body, at)
        if not found:
            source.in_body(at, _UNFINISHED.get(source.body[at + 1 : at + 2], _NO_END))
            return False
        at = found.end() - 1
    return True


def spaces(source: SourceFile) -> list[LintFinding]:
    """Spaces at the ends of lines, one finding a file; inside a text of several lines they may be meant."""
    edits: list[Edit] = []
    fences, quoted = 0, ""
    for number, line in enumerate(source.lines, 1):
        fences += fences < 2 and line.rstrip() == FENCE and not quoted
        bare = line.rstrip(" \t")
        inside = quoted
        if fences == 1:
            mark = quoted or next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
            quoted = ("" if mark in line else mark) if quoted else mark
        if bare != line and not quoted and not (inside and inside not in bare):
            edits.append(Edit(source.file, number, len(bare) + 1, line[len(bare) :], ""))
    said = f"spaces at the end of {len(edits)} line" + ("s" if len(edits) > 1 else "")
    return [LintFinding(source.file, edits[0].line, edits[0].column, "warning", said, tuple(edits))] if edits else []
