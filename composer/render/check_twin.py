"""Checks of the letter's content from its bytes: its blocks, what its text twin says, and whether clicks are measured."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from composer.domain.level import Level
from composer.domain.tokens import Purpose
from composer.render.case import Check, Letter, when
from composer.render.check_page import invisible, text_links
from composer.render.links import parts_of
from composer.render.plates import BETWEEN

PREHEADER = (40, 140)
LEAST_TEXT = 0.2
"""Of the visible words of the HTML, in characters."""
_URL = re.compile(r"\S*://\S+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def numbers(text: str) -> set[str]:
    """Return the numbers, dates and times of a text, addresses of pages left out; spaces inside a number do not count."""
    plain = re.sub(r"(?<=\d)[\u00a0\u202f\u2009 ](?=\d{3}\b)", "", _URL.sub(" ", text))
    return {found.strip(".,:") for found in _NUMBER.findall(plain)}


def poor_twin(visible: str, text: str) -> str:
    """Say what the text part lacks beside the visible words of the HTML."""
    plain = _URL.sub("", text)
    if len(plain) < LEAST_TEXT * len(visible):
        return f"{len(plain)} characters beside {len(visible)}"
    # A compact look may leave out what the text part says; what the HTML says the text must say.
    missing = sorted(numbers(visible) - numbers(text))
    return when(missing, "without " + ", ".join(missing[:5]))


def _marks(letter: Letter, urls: list[str]) -> list[str]:
    """What tells the blocks' links apart, in order, each once: a click's token, or the content of a campaign."""
    clicks = letter.envelope.base_url + "/c/"
    found = []
    for url in urls:
        plain = url.partition("#")[0]
        mark = plain if plain.startswith(clicks) else next(iter(parse_qs(parts_of(plain).query).get("utm_content", [])), "")
        found += [mark] if mark else []
    return list(dict.fromkeys(found))


def _twins(letter: Letter) -> str:
    trap = letter.envelope.trap_url
    html = _marks(letter, [link.href for link in letter.got.page.links if not trap or link.href != trap])
    text = _marks(letter, text_links(letter.got.part("text/plain")))
    clicks = [url for url in html if url.startswith(letter.envelope.base_url)]
    order = [letter.envelope.click_urls.index(url) for url in clicks if url in letter.envelope.click_urls]
    return when(html != text or order != sorted(order) or len(order) != len(clicks), "they differ")


def _count(letter: Letter) -> int:
    return letter.got.part("text/plain").count(BETWEEN) - 1


def _as_many(letter: Letter) -> str:
    layout = letter.context.library.layouts.get(letter.newsletter.layout)
    count = _count(letter)
    return when(layout is None or not layout.least_blocks <= count <= layout.most_blocks, f"{count}")


def _distinct(letter: Letter) -> str:
    # The same block in another place differs in its link alone.
    pieces = [_URL.sub("", piece) for piece in letter.got.part("text/plain").split(BETWEEN)[1:-1]]
    return when(not pieces or len(set(pieces)) != len(pieces), f"{len(pieces)}, {len(set(pieces))} of them different")


def _invisible(letter: Letter) -> str:
    """One picture may be: the reader's own, that counts opens, where they consented to it."""
    url, speaks_of = letter.envelope.open_url, letter.context.speaks_of
    for page in letter.got.pages:
        if found := invisible(page):
            if not letter.person.opens:
                return "one, and the reader did not consent to have opens counted" if url in found else "one"
            if found != [url]:
                return "another than the one that counts opens"
            if speaks_of and speaks_of(Purpose.open, url.removesuffix(".gif")) != letter.newsletter.recipient_number:
                return "it counts somebody else's opens"
    return ""


def _clicks(letter: Letter) -> str:
    clicks = letter.envelope.base_url + "/c/"
    measured = clicks in letter.got.part("text/html") or clicks in letter.got.part("text/plain")
    return when(measured and letter.person.level < Level.premium, "they are measured")


def _preheader(letter: Letter) -> str:
    line = letter.got.page.hidden
    # Blanks that keep what follows out of the inbox's list are no words.
    line = re.sub(r"[\s\u034f\u00ad\u200c\u00a0\u2007\ufeff\u200b]+", " ", line).strip()
    return when(not PREHEADER[0] <= len(line) <= PREHEADER[1] or line == letter.message.subject, f"{len(line)}")


def _words(letter: Letter) -> str:
    pieces = letter.got.part("text/plain").split(BETWEEN)[1:-1]
    wanted = len(letter.newsletter.blocks)
    return when(len(pieces) != wanted or not all(re.search(r"\w", _URL.sub("", piece)) for piece in pieces), "one has none")


TWIN: tuple[tuple[str, Check], ...] = (
    ("M06", lambda x: poor_twin(x.got.page.visible, x.got.part("text/plain"))),
    ("C01", _distinct),
    ("C02", _as_many),
    ("C05", _twins),
    ("C06", _invisible),
    ("C07", _clicks),
    ("C08", _preheader),
    ("C09", _words),
)
