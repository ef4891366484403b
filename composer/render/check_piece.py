"""Checks of a fragment or a frame as it was compiled: tier one, once for every library version.

Every way a template can come out is looked at, in both views. What breaks a law here is an error of `composer modules lint`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from composer.domain.fragment import Frame
from composer.domain.message import Finding
from composer.render.case import PLACEHOLDER, when
from composer.render.check_decision import MOST_STYLE, NEAR_THE_TOP, wrong_address, wrong_headings
from composer.render.check_page import carried, damaged, invisible, names_charset, text_links, unsafe, wrong_pictures
from composer.render.check_twin import poor_twin
from composer.render.facts import LETTER_VALUES, PAGES, merge, readers, views
from composer.render.laws import BY_NAME
from composer.render.page import Page
from composer.render.vague import is_vague

_LANGUAGE = re.compile(r"<html[^>]*\slang=\"([\w-]+)\"")


class _Piece:
    """A piece merged for one sample reader."""

    def __init__(self, html: str, text: str, frame: bool) -> None:
        self.html, self.text, self.frame = html, text, frame
        self.pages = views(html)
        self.page: Page = self.pages[0]


def _each(look: Callable[[Page], str]) -> Callable[[_Piece], str]:
    return lambda piece: look(piece.pages[0]) or look(piece.pages[1])


def _left_open(piece: _Piece) -> str:
    found = PLACEHOLDER.search(piece.page.visible) or PLACEHOLDER.search(piece.text)
    return f"'{found[0]}'" if found else ""


def _headings(piece: _Piece) -> str:
    levels = piece.page.headings
    # The frame holds the one h1 ahead of the blocks; a block starts at h2 or holds no heading.
    return wrong_headings(levels) if piece.frame else when(1 in levels, "an h1") or (levels and wrong_headings([1, *levels])) or ""


def _links(law: str) -> Callable[[_Piece], str]:
    def check(piece: _Piece) -> str:
        wrong = [link.href for page in piece.pages for link in page.links if wrong_address(link.href, PAGES) == law]
        texts = [url for url in text_links(piece.text) if wrong_address(url, PAGES) == law]
        return when(wrong or texts, f"'{(wrong or texts or [''])[0][:60]}'")

    return check


def _vague(piece: _Piece) -> str:
    found = next((link.words for page in piece.pages for link in page.links if is_vague(link.words)), None)
    return "" if found is None else f"'{found}'"


def _tables(page: Page) -> str:
    return when(page.plain_tables, f'{page.plain_tables} without: write role="presentation", or th where it is data')


FRAGMENT: tuple[tuple[str, Callable[[_Piece], str]], ...] = (
    ("H04", _each(_tables)),
    ("H05", _each(lambda page: wrong_pictures(page, PAGES))),
    ("H06", _each(carried)),
    ("H07", _each(unsafe)),
    ("H08", _headings),
    ("H09", lambda piece: damaged(piece.html, piece.pages)),
    ("H10", _left_open),
    ("K01", _links("K01")),
    ("K02", _vague),
    ("K05", _links("K05")),
    ("C05", lambda piece: when(not re.search(r"\w", piece.text), "the text part has none")),
    ("C06", _each(lambda page: when(invisible(page), "one"))),
    ("C09", lambda piece: when(not piece.page.visible, "none")),
    ("M06", lambda piece: poor_twin(piece.page.visible, piece.text)),
)


def _linked(name: str) -> Callable[[_Piece], str]:
    url = LETTER_VALUES[name]
    return lambda piece: when(
        not any(link.href == url and link.words for link in piece.page.links) or url not in piece.text, f"no link to {name}"
    )


def _near_the_top(piece: _Piece) -> str:
    places = [link.before for link in piece.page.links if link.href == LETTER_VALUES["unsubscribe_url"]]
    return when(len(places) < 2 or places[0] > NEAR_THE_TOP, "not at both ends")


def _sender(piece: _Piece) -> str:
    values = (LETTER_VALUES["sender_name"], LETTER_VALUES["postal_address"])
    return when(not all(value in part for value in values for part in (piece.page.visible, piece.text)), "one is missing")


FRAME: tuple[tuple[str, Callable[[_Piece], str]], ...] = (
    ("H02", lambda piece: when(not piece.page.title, "none")),
    ("H03", lambda piece: when(not names_charset(piece.html), "none")),
    *(one for one in FRAGMENT if one[0] not in ("C05", "C09", "M06")),
    (
        "H09",
        lambda piece: when(piece.page.style_bytes > MOST_STYLE - 1000, f"{piece.page.style_bytes} bytes, and column rules come on top"),
    ),
    ("B01", _linked("unsubscribe_url")),
    ("B02", _linked("preferences_url")),
    ("B03", _linked("why_url")),
    ("B04", _near_the_top),
    ("B05", _sender),
    ("B06", _linked("privacy_url")),
)


def check_piece(html: str, text: str, ctas: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """Return the laws a compiled fragment breaks, each once. `ctas` are its calls to action by stage."""
    return _check(FRAGMENT, _pieces(html, text, ctas or {}, frame=False))


def check_frame(frame: Frame, language: str) -> tuple[Finding, ...]:
    """Return the laws a compiled frame breaks, looked at as a letter without blocks."""
    html, text = frame.html_start + frame.html_open + frame.html_close, f"{frame.text_open}\n{frame.text_close}"
    found = _check(FRAME, _pieces(html, text, {}, frame=True))
    said = _LANGUAGE.search(html)
    if not said or said[1] != language:
        found = (_finding("H01", f'lang="{said[1]}"' if said else "none"), *found)
    return found


def _pieces(html: str, text: str, ctas: Mapping[str, str], *, frame: bool) -> Iterator[_Piece]:
    for cta in dict.fromkeys(ctas.values()) or (LETTER_VALUES["cta"],):
        for reader in readers(html + text):
            values = {**LETTER_VALUES, **reader, "cta": cta}
            yield _Piece(merge(html, values), merge(text, values, html=False), frame)


def _check(checks: tuple[tuple[str, Callable[[_Piece], str]], ...], pieces: Iterator[_Piece]) -> tuple[Finding, ...]:
    found: dict[str, Finding] = {}
    for piece in pieces:
        for name, look in checks:
            if name not in found and (wrong := look(piece)):
                found[name] = _finding(name, wrong)
    return tuple(found.values())


def _finding(name: str, wrong: str) -> Finding:
    return Finding(name, BY_NAME[name].stops, f"{BY_NAME[name].says} Here: {wrong}", 1)
