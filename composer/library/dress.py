"""Dress a module's body in a style: its classes, its values, and without the elements the style leaves out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from composer.library.brand import DOTTED, Look
from composer.library.parts import STYLE

_CLASSES = re.compile(r"(<mj-[a-z-]+\b(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*?\smj-class=)([\"'])([^\"']*)\2")
_CLASS = re.compile(r"<mj-class\b(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*?\sname=[\"']([\w-]+)[\"']")


def classes_of(head: str) -> frozenset[str]:
    """Return the names of the mj-class elements in a head."""
    return frozenset(_CLASS.findall(head))


def dressed(body: str, look: Look, classes: frozenset[str]) -> str:
    """Return the body in this style. Lines stay where they are: what is left out leaves its line breaks behind.

    A class c becomes LOOK-c where `classes`, those of the head, has it.
    """
    if look.without:
        body = _left_out(body, look.without)
    if look.name:
        body = _CLASSES.sub(lambda match: f"{match[1]}{match[2]}{_renamed(match[3], look.name, classes)}{match[2]}", body)
    return DOTTED.sub(lambda match: look.values.get(match[2], match[0]) if match[1] == STYLE else match[0], body)


def _renamed(words: str, name: str, classes: frozenset[str]) -> str:
    return " ".join(f"{name}-{word}" if f"{name}-{word}" in classes else word for word in words.split())


def _left_out(body: str, without: frozenset[str]) -> str:
    finder = _Finder(body, without)
    finder.feed(body)
    finder.close()
    kept, at = [], 0
    for start, end in finder.spans:
        kept += [body[at:start], "\n" * body.count("\n", start, end)]
        at = end
    return "".join((*kept, body[at:]))


class _Finder(HTMLParser):
    """Finds the outermost elements that wear one of the classes."""

    def __init__(self, body: str, without: frozenset[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.spans: list[tuple[int, int]] = []
        self._without, self._body = without, body
        self._lines = [0]
        for line in body.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._tag, self._depth, self._start = "", 0, 0

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _out(self, attrs: list[tuple[str, str | None]]) -> bool:
        return not self._depth and not self._without.isdisjoint((dict(attrs).get("mj-class") or "").split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._out(attrs):
            self._tag, self._depth, self._start = tag, 1, self._offset()
        elif self._depth and tag == self._tag:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._out(attrs):
            self.spans.append((self._offset(), self._offset() + len(self.get_starttag_text() or "")))

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag == self._tag:
            self._depth -= 1
            if not self._depth:
                self.spans.append((self._start, self._body.index(">", self._offset()) + 1))
