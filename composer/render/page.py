"""Read an HTML part as a reader's program shows it: its tags, its links and its visible words.

Two views are read: the plain one, where comments are comments, and Outlook's, which opens `<!--[if mso]>` and leaves
out what stands in `[if !mso]` (a third of the tables of a compiled letter stand in such comments). The standard
library's parser takes 4 ms for 50 kB and would need twice that; a test holds this one against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import unescape
from typing import NamedTuple

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[endif\]-->|<![A-Za-z][^>]*>|<(/?)([A-Za-z][\w:.-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*+)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=/>\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
_REVEALED = re.compile(r"<!--\[if [^\]]*!\s*\(?\s*mso[^\]]*\]>(?:<!|--)?-->.*?<!--<!\[endif\]-->", re.DOTALL)
_CONDITION = re.compile(r"<!--\[if ([^\]]*)\]>(.*?)<!\[endif\]-->", re.DOTALL)
_RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("style", "script")}
"""Elements whose text is no markup, and where that ends."""
_SILENT = frozenset(("style", "script", "title", "head"))
_NOTED = frozenset(("html", "a", "img", "table", "th", "h1", "h2", "h3", "h4", "h5", "h6"))
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"))
_PARTING = frozenset(("td", "th", "div", "p", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6"))
_PAIRED = frozenset(("table", "tbody", "tr", "td", "th", "div", "a", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"))


class Tag(NamedTuple):
    """An opening tag; `raw` is what stands between its name and the bracket."""

    name: str
    raw: str

    @property
    def attributes(self) -> Mapping[str, str]:
        return _attributes(self.raw)


@dataclass(frozen=True, slots=True)
class Link:
    """`words` is what is seen of the link, pictures by their alternative texts; `before` how much visible text stands ahead of it."""

    href: str
    words: str
    before: int


@dataclass
class Page:
    """What was read. `visible` is on one line; `hidden` is the text that is there and not shown, in order."""

    tags: list[Tag] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    plain_tables: int = 0
    """Tables that neither are role="presentation" nor hold a heading cell: layout that a screen reader would read out."""
    style_bytes: int = 0
    unpaired: int = 0
    """Elements of a layout that end without a start, or start without an end."""
    language: str = ""
    title: str = ""
    visible: str = ""
    hidden: str = ""

    @cached_property
    def different(self) -> tuple[Tag, ...]:
        """Its tags, each once: a letter has hundreds and few different ones."""
        return tuple(dict.fromkeys(self.tags))


@lru_cache(maxsize=8192)
def _attributes(raw: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(raw):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


@lru_cache(maxsize=8192)
def _hides(raw: str) -> bool:
    return "display:none" in _attributes(raw).get("style", "").replace(" ", "").lower()


def outlook(html: str) -> str:
    """Return `html` as Outlook on Windows reads it: conditional comments opened, what is hidden from it left out."""
    return _CONDITION.sub(lambda found: "" if "!" in found[1] else found[2], _REVEALED.sub("", html))


def open_comments(html: str) -> int:
    """Return how many conditional comments are opened and not closed, or closed and not opened."""
    return abs(len(re.findall(r"<!--\[if ", html)) - len(re.findall(r"<!\[endif\]-->", html)))


def read_page(html: str) -> Page:
    """Read one view of the HTML. Damage shows in the page; nothing is raised."""
    return _Reader(html).page


class _Reader:
    """The state of one reading."""

    def __init__(self, html: str) -> None:
        self.page = Page()
        self.stack: list[tuple[str, bool]] = []
        self.shown: list[str] = []
        self.unseen: list[str] = []
        self.length = 0
        self.tables: list[bool] = []
        self.alternatives: list[str] = []
        """Of the pictures in the open link."""
        self.link: tuple[str, int, int] | None = None
        self.dark = False
        """Whether what comes now is not shown."""
        at = 0
        tokens = _TOKEN.finditer(html)
        while token := next(tokens, None):
            begin, end = token.span()
            if begin > at:
                self._text(html[at:begin])
            at = end
            closes, name, raw = token.groups()
            if not name:
                continue
            name = name.lower()
            if closes:
                self._end(name)
                continue
            self._start(name, raw)
            if name in _RAW:
                closing = _RAW[name].search(html, at)
                end = closing.start() if closing else len(html)
                self.page.style_bytes += len(html[at:end].encode()) if name == "style" else 0
                at, tokens = end, _TOKEN.finditer(html, end)
        self._text(html[at:])
        self.page.visible = _line(self.shown)
        self.page.hidden = _line(self.unseen)
        self.page.title = _line([self.page.title])
        self.page.unpaired += sum(name in _PAIRED for name, _ in self.stack)

    def _start(self, name: str, raw: str) -> None:
        page = self.page
        page.tags.append(Tag(name, raw))
        if name in _NOTED:
            self._note(name, raw)
        if name in _PARTING:
            self.shown.append(" ")
        if name not in _VOID and not raw.endswith("/"):
            self.stack.append((name, self.dark))
            self.dark = self.dark or name in _SILENT or ("display" in raw and _hides(raw))

    def _note(self, name: str, raw: str) -> None:
        if name == "html":
            self.page.language = _attributes(raw).get("lang", "")
        elif name == "a":
            self.link = (_attributes(raw).get("href", ""), len(self.shown), self.length)
            self.alternatives.clear()
        elif name == "img":
            self.alternatives.append(_attributes(raw).get("alt", ""))
        elif name == "table":
            self.tables.append(_attributes(raw).get("role", "") in ("presentation", "none"))
        elif name == "th":
            if self.tables:
                self.tables[-1] = True
        else:
            self.page.headings.append(int(name[1]))

    def _end(self, name: str) -> None:
        page = self.page
        if name == "a" and self.link:
            href, first, before = self.link
            page.links.append(Link(href, _line([*self.shown[first:], " ", *self.alternatives]), before))
            self.link = None
        if not self.stack or (self.stack[-1][0] != name and all(known != name for known, _ in self.stack)):
            page.unpaired += name in _PAIRED
            return
        while self.stack:
            known, self.dark = self.stack.pop()
            if known == "table" and self.tables:
                page.plain_tables += not self.tables.pop()
            if known == name:
                break
            page.unpaired += known in _PAIRED
        if name in _PARTING:
            self.shown.append(" ")

    def _text(self, text: str) -> None:
        if not text or text.isspace():
            if text and not self.dark:
                self.shown.append(" ")
            return
        words = unescape(text) if "&" in text else text
        if self.stack and self.stack[-1][0] == "title":
            self.page.title += words
        elif not self.dark:
            self.shown.append(words)
            self.length += len(words.strip())
        elif not any(name in _SILENT for name, _ in self.stack):
            self.unseen.append(words)


def _line(parts: list[str]) -> str:
    return " ".join("".join(parts).split())
