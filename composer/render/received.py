"""Read a message back from its bytes the way a receiver would, without trusting what wrote it."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

_SILENT = frozenset(("style", "script", "title", "head"))
_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))


@dataclass(frozen=True)
class Received:
    """`fields` are (name, value) in order, unfolded from the raw bytes; `parts` are (type, charset, decoded text)."""

    data: bytes
    fields: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str, str], ...]
    head_lines: tuple[str, ...]
    body_lines: tuple[str, ...]
    stray: tuple[str, ...] = ()
    """Head lines that are no header field."""

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def value(self, name: str) -> str:
        return next(iter(self.values(name)), "")

    def part(self, kind: str) -> str:
        return next((text for found, _, text in self.parts if found == kind), "")

    @cached_property
    def page(self) -> Page:
        page = Page()
        page.feed(self.part("text/html"))
        page.close()
        return page


def receive(data: bytes) -> Received:
    """Take a message apart. Damage shows as missing fields or parts; nothing is raised."""
    head, _, body = data.partition(b"\r\n\r\n")
    head_lines = head.decode("latin-1").split("\r\n")
    fields: list[tuple[str, str]] = []
    stray = []
    for line in head_lines:
        if line[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + line)
        elif match := re.match(r"([\x21-\x39\x3b-\x7e]+):(.*)", line, re.DOTALL):
            fields.append((match[1], match[2]))
        else:
            stray.append(line)
    fields = [(name, value.strip()) for name, value in fields]
    kind = next((value for name, value in fields if name.lower() == "content-type"), "")
    boundary = re.search(r'boundary="([^"]+)"', kind)
    parts = _parts(body, boundary[1].encode()) if boundary else ()
    return Received(data, tuple(fields), parts, tuple(head_lines), tuple(body.decode("latin-1").split("\r\n")), tuple(stray))


def _parts(body: bytes, boundary: bytes) -> tuple[tuple[str, str, str], ...]:
    parts = []
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if piece.startswith(b"--"):
            break
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        kind = re.search(rb"Content-Type:\s*([\w/]+);\s*charset=([\w-]+)", head)
        decoded = a2b_qp(content).decode("utf-8", errors="replace").replace("\r\n", "\n")
        parts.append((kind[1].decode(), kind[2].decode(), decoded) if kind else ("", "", decoded))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Link:
    """`words` is the link's visible text; `before` how much visible text stands ahead of it."""

    href: str
    words: str
    before: int


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """The HTML part: its tags, its links, and the text that a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []
        self.links: list[Link] = []
        self.language = ""
        self.title = ""
        self.visible = ""
        self._open: list[tuple[str, bool]] = []
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append(Tag(tag, attributes))
        if tag == "html":
            self.language = attributes.get("lang", "")
        if tag == "a":
            self._link = (attributes.get("href", ""), len(self.visible))
        if tag not in _VOID:
            hidden = tag in _SILENT or "display:none" in attributes.get("style", "").replace(" ", "")
            self._open.append((tag, hidden or self._hidden))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            href, start = self._link
            self.links.append(Link(href, self.visible[start:].strip(), start))
            self._link = None
        while self._open and any(name == tag for name, _ in self._open):
            if self._open.pop()[0] == tag:
                break
        self.visible += " " if tag in ("td", "div", "p", "li", "h1", "h2", "h3") and not self._hidden else ""

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "title":
            self.title += data
        elif not self._hidden:
            self.visible += data

    @property
    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]
