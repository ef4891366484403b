"""The plates of one campaign: its frames, blocks and lines with the sender's words engraved, and the two bodies printed from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from markupsafe import escape

from composer.domain.fragment import Fragment, Frame
from composer.errors import ComposerError
from composer.render.fields import LINE_FIELDS, problems
from composer.render.head import merge_head
from composer.render.headers import clean
from composer.render.mime import BASE64, QUOTED, part, plain, quoted
from composer.render.plate import Ink, Plate, Static, Writer, engrave, filled, press

BETWEEN = "\n\n----\n\n"
"""Stands between two blocks of the text twin."""
_BETWEEN = Plate((Static(BETWEEN),))
MOST = 4096
"""Entries of a cache: more than a library has blocks, and a bound where it has."""
_LONGEST = 300
"""Characters of a value whose encoding is kept."""
_OWN = frozenset(("unsubscribe_url", "preferences_url", "why_url", "view_url", "trap_url", "open_url"))
"""Fields with this letter's tokens: they never come again."""


class Constants(NamedTuple):
    """What is the same in every letter of a campaign; the names are those of the merge fields."""

    title: str
    sender_name: str
    postal_address: str
    privacy_url: str
    site: str
    pictures: str


@dataclass(frozen=True, slots=True)
class FramePlates:
    """A layout in one language. `texts` are its own texts by key."""

    html_start: Plate
    html_open: Plate
    html_close: Plate
    text_open: Plate
    text_close: Plate
    head: tuple[str, ...]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BlockPlates:
    """A module in one language, variant and style."""

    html: Plate
    text: Plate
    head: tuple[str, ...]
    ctas: Mapping[str, str]

    def call(self, stage: str) -> str:
        """The call to action of a journey stage; the module's own where the stage has none."""
        return self.ctas.get(stage) or self.ctas.get("", "")


class Place(NamedTuple):
    """What one block's fields are in one letter. `personal`: the link is this reader's own and comes never again."""

    link: str
    cta: str
    personal: bool = False


Sheet = Sequence[tuple[Plate, Place | None]]


class Plates:
    """Engraves what is asked for and keeps it. What it holds depends on the library and not on the number of letters."""

    def __init__(
        self, constants: Constants, frame: Callable[[str, str], Frame], fragment: Callable[[str, str, str, str], Fragment]
    ) -> None:
        self.values = {name: clean(value) for name, value in constants._asdict().items()}
        html, text = partial(engrave, constants=self.values, html=True), partial(engrave, constants=self.values, html=False)

        def of_frame(layout: str, language: str) -> FramePlates:
            one = frame(layout, language)
            opening, closing = text(one.text_open.strip()), text(one.text_close.strip() + "\n")
            return FramePlates(html(one.html_start), html(one.html_open), html(one.html_close), opening, closing, one.head, one.texts)

        def of_block(module: str, language: str, variant: str, style: str) -> BlockPlates:
            one = fragment(module, language, variant, style)
            return BlockPlates(html(one.html), text(one.text.strip()), one.head, one.ctas)

        self.frame = lru_cache(MOST)(of_frame)
        self.block = lru_cache(MOST)(of_block)
        self._line = lru_cache(MOST)(lambda source: text(checked_line(source)))

    def line(self, source: str, values: Mapping[str, str]) -> str:
        """Merge one line of plain text: a subject, a preheader, a greeting. ComposerError where it asks for more."""
        return self._line(source).line(values) if "{" in source else source


def html_part(frame: FramePlates, blocks: Sequence[BlockPlates], places: Sequence[Place], values: dict[str, str]) -> list[bytes]:
    """Print the HTML part, as composer.render.mime.part returns one. `values` are the letter's; link and cta are put in."""
    head = _head(frozenset(frame.head).union(*[block.head for block in blocks]))
    sheet: list[tuple[Plate, Place | None]] = [(frame.html_start, None), (head, None), (frame.html_open, None)]
    sheet += [(block.html, place) for block, place in zip(blocks, places, strict=True)]
    return _printed("text/html", [*sheet, (frame.html_close, None)], values, _html_quoted, _html_plain)


def text_part(frame: FramePlates, blocks: Sequence[BlockPlates], places: Sequence[Place], values: dict[str, str]) -> list[bytes]:
    """Print the text twin: the same blocks in the same order."""
    sheet: list[tuple[Plate, Place | None]] = [(frame.text_open, None)]
    for block, place in zip(blocks, places, strict=True):
        sheet += ((_BETWEEN, None), (block.text, place))
    return _printed("text/plain", [*sheet, (_BETWEEN, None), (frame.text_close, None)], values, quoted, plain)


def checked_line(source: str) -> str:
    """Return a subject, preheader or greeting as it is; ComposerError where it asks for more than a line may hold."""
    for problem in problems(source, LINE_FIELDS):
        raise ComposerError(problem.message, where="subject line", do="Correct the campaign's subject or the module's.")
    return source


def _printed(kind: str, sheet: Sheet, values: dict[str, str], in_quoted: Writer, in_plain: Writer) -> list[bytes]:
    # By the static text alone, so that what is chosen never depends on a reader's name.
    wide = sum([plate.gain for plate, _ in sheet]) > 0
    write = in_plain if wide else in_quoted
    often, out = _OFTEN[write], list[bytes]()
    ink = Ink(values, write, often, _OWN)
    with filled():
        for plate, place in sheet:
            if place is not None:
                values["link"], values["cta"] = place.link, place.cta
                ink["link"], ink["cta"] = (write if place.personal else often)(place.link), often(place.cta)
            press(plate.plain if wide else plate.quoted, ink, out)
    while out and not out[-1]:
        out.pop()
    return part(kind, BASE64 if wide else QUOTED, out)


def _html_quoted(text: str) -> bytes:
    return quoted(str(escape(text)))


def _html_plain(text: str) -> bytes:
    return plain(str(escape(text)))


class _Kept(dict[str, bytes]):
    """What was written of short texts; begun anew when it is full, so that memory never grows with the letters."""

    __slots__ = ("_write",)

    def __init__(self, write: Writer) -> None:
        self._write = write

    def __missing__(self, text: str) -> bytes:
        made = self._write(text)
        if len(text) <= _LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[text] = made
        return made


def kept(write: Writer) -> Writer:
    """Keep what was written of short texts. What is kept is found without a line of Python: a letter asks dozens of times."""
    return _Kept(write).__getitem__


_OFTEN: dict[Writer, Writer] = {write: kept(write) for write in (quoted, plain, _html_quoted, _html_plain)}


@lru_cache(512)
def _head(rules: frozenset[str]) -> Plate:
    return Plate((Static(merge_head(rules)),))
