"""What a reader sees of compiled HTML: every text with its colours and size, every link with its height.

The compiled page is read as tags and texts; the styles in force are those of composer.library.css. Nothing is laid out:
widths, floats and pictures do not change what is asked here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from composer.library.colours import WHITE, Colour, over, parse
from composer.library.css import Element, Sheet, declarations

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TAGS = re.compile(r"(<(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>)")
"""Splits HTML into texts and tags by turns, the first is a text."""
_NAME = re.compile(r"<(/?)([A-Za-z][\w-]*)")
_ATTRIBUTE = re.compile(r"(?<![\w-])([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "col"))
_INLINE = frozenset(("a", "abbr", "b", "code", "del", "em", "i", "ins", "s", "small", "span", "strong", "sub", "sup", "u"))
_SIZES = {"h1": "2em", "h2": "1.5em", "h3": "1.17em", "small": "0.83em", "sub": "0.83em", "sup": "0.83em"}
"""What browsers give these without being told (HTML, 15.3)."""
_BOLD = frozenset(("b", "h1", "h2", "h3", "h4", "strong", "th"))
_PX = {"px": 1.0, "pt": 4 / 3, "": 1.0}


@dataclass(frozen=True, slots=True)
class Style:
    """The styles in force inside an element, in pixels."""

    colour: Colour = (0.0, 0.0, 0.0)
    ground: Colour = WHITE
    size: float = 16.0
    bold: bool = False
    line: str = "1.2"
    opacity: float = 1.0
    hidden: bool = False
    unclear: str = ""
    """A colour that could not be read."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A text on the page. `text` counts the texts that are not blank, from 0."""

    text: int
    style: Style

    @property
    def large(self) -> bool:
        """Large text as WCAG 2.2 means it (1.4.3): 18 points, or 14 points and bold."""
        return self.style.size >= 24 or (self.style.bold and self.style.size >= 18.66)


@dataclass(frozen=True, slots=True)
class Tap:
    """A link that stands by itself: its first text, and how high the place to tap is, in pixels."""

    text: int
    height: float


@dataclass(slots=True)
class _Open:
    element: Element
    style: Style
    link: int = -1
    """Position in `_links` of the link this element is."""
    block: int = 0
    """The nearest element around it that starts a line of its own."""


class Page:
    """Reads HTML piece by piece under one scheme, keeping the open elements: first the frame, then what stands in it."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._open: list[_Open] = []
        self._path: list[Element] = []
        self._links: list[tuple[int, float, int]] = []
        self._blocks = self._texts = 0
        self._talking: set[int] = set()
        self.seen: list[Seen] = []

    def inside(self) -> Page:
        """Return a page that goes on where this one stands, with nothing seen yet."""
        page = Page(self._sheet)
        page._open, page._path = list(self._open), list(self._path)
        page._blocks = self._blocks
        return page

    def read(self, tags: tuple[str, ...], filled: tuple[bool, ...]) -> Page:
        """Read on: tags, and for the text before each of them and after the last whether it holds words."""
        for tag, words in zip((*tags, ""), filled, strict=True):
            if words:
                self._text()
            if match := _NAME.match(tag):
                (self._close if match[1] else self._start)(match[2].lower(), tag)
        return self

    @property
    def taps(self) -> list[Tap]:
        """Links that are no part of a sentence (those may be small: WCAG 2.2, 2.5.8, inline)."""
        return [Tap(text, height) for text, height, block in self._links if text >= 0 and block not in self._talking]

    def _text(self) -> None:
        number, self._texts = self._texts, self._texts + 1
        if not self._open or self._open[-1].style.hidden or self._open[-1].style.size < 2:
            return  # compilers set font-size 0 on cells whose texts say their own
        top = self._open[-1]
        self.seen.append(Seen(number, top.style))
        link = next((one.link for one in reversed(self._open) if one.link >= 0), -1)
        if link < 0:
            self._talking.add(top.block)
        elif self._links[link][0] < 0:
            self._links[link] = (number, *self._links[link][1:])

    def _start(self, name: str, tag: str) -> None:
        if name in _VOID:
            return
        attributes, element = _taken_apart(name, tag)
        self._path.append(element)
        values = self._sheet.cascade(declarations(attributes.get("style", "")), self._path)
        if attributes.get("bgcolor"):
            values.setdefault("background-color", attributes["bgcolor"])
        around = self._open[-1] if self._open else _Open(element, Style())
        style = _styled(around.style, name, values)
        self._blocks += 1
        opened = _Open(element, style, block=around.block if name in _INLINE else self._blocks)
        if name == "a" and "href" in attributes:
            opened.link = len(self._links)
            self._links.append((-1, _line(style) + _edges(values, style.size), opened.block))
        self._open.append(opened)

    def _close(self, name: str, _: str) -> None:
        if any(one.element.tag == name for one in self._open):
            while self._open[-1].element.tag != name:
                self._open.pop()
                self._path.pop()
            self._open.pop()
            self._path.pop()


def split(html: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tags of `html`, and the texts before, between and after them; what only Outlook sees is left out."""
    parts = TAGS.split(COMMENT.sub("", html))
    return tuple(parts[1::2]), tuple(parts[::2])


def filled(texts: tuple[str, ...]) -> tuple[bool, ...]:
    """Tell of each text whether it holds words."""
    return tuple(any(letter.isalnum() for letter in re.sub(r"&#?\w+;", " ", text)) for text in texts)


@lru_cache(maxsize=4096)
def _taken_apart(name: str, tag: str) -> tuple[Mapping[str, str], Element]:
    attributes = {key.lower(): double or single for key, double, single in _ATTRIBUTE.findall(tag)}
    return attributes, Element(name, frozenset(attributes.get("class", "").split()))


def _styled(around: Style, name: str, values: Mapping[str, str]) -> Style:
    style = replace(around, bold=around.bold or name in _BOLD, unclear="")
    size = values.get("font-size", _SIZES.get(name, ""))
    if size:
        style = replace(style, size=_length(size, around.size, around.size))
    if weight := values.get("font-weight"):
        style = replace(style, bold=weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 600))
    if values.get("line-height", "inherit") not in ("inherit", "normal"):
        style = replace(style, line=values["line-height"])
    if values.get("display") == "none" or values.get("visibility") == "hidden":
        style = replace(style, hidden=True)
    if "opacity" in values:
        style = replace(style, opacity=around.opacity * min(max(_number(values["opacity"], 1.0), 0.0), 1.0))
    return _coloured(style, around, values)


def _coloured(style: Style, around: Style, values: Mapping[str, str]) -> Style:
    ground = values.get("background-color", "")
    if ground and ground.lower() not in ("inherit", "currentcolor"):
        read = parse(ground)
        style = replace(style, ground=over(*read, around.ground)) if read else replace(style, unclear=ground)
    colour = values.get("color", "inherit").lower()
    if colour not in ("inherit", "currentcolor"):
        read = parse(colour)
        style = replace(style, colour=over(*read, style.ground)) if read else replace(style, unclear=colour)
    return style


def _length(text: str, own: float, around: float) -> float:
    match = re.fullmatch(r"([\d.]+)\s*(px|pt|r?em|%)?", text.strip())
    if not match:
        return own
    value, unit = _number(match[1], 0.0), match[2] or ""
    return value * (around if unit == "em" else 16 if unit == "rem" else around / 100 if unit == "%" else _PX[unit])


def _line(style: Style) -> float:
    if re.fullmatch(r"[\d.]+", style.line):
        return _number(style.line, 1.2) * style.size
    return _length(style.line, style.size * 1.2, style.size)


def _edges(values: Mapping[str, str], size: float) -> float:
    """The padding above and below, and none where the words stand in for it."""
    sides = [_length(part, 0.0, size) for part in values.get("padding", "0").split()] or [0.0]
    top, bottom = sides[0], sides[2] if len(sides) > 2 else sides[0]
    return _length(values.get("padding-top", f"{top}px"), top, size) + _length(values.get("padding-bottom", f"{bottom}px"), bottom, size)


def _number(text: str, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default
