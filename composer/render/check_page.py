"""Checks of the page a reader gets: H, K and B on both views of the HTML part, and on the text part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qs, unquote

from composer.domain.tokens import Purpose
from composer.render.case import Check, Letter, placeholder, when
from composer.render.check_decision import MOST_STYLE, NEAR_THE_TOP, is_bare, wrong_address, wrong_headings
from composer.render.fields import PERSON_FIELDS
from composer.render.headers import clean
from composer.render.links import parts_of
from composer.render.page import Page, Tag, open_comments
from composer.render.vague import is_vague

FORBIDDEN = frozenset(
    (
        "script",
        "iframe",
        "frame",
        "form",
        "object",
        "embed",
        "base",
        "video",
        "audio",
        "link",
        "svg",
        "input",
        "button",
        "select",
        "textarea",
    )
)
_CARRIED = re.compile(r"(?:data|cid):", re.IGNORECASE)
_CARRIED_STYLE = re.compile(r"url\(\s*[\"']?(?:data|cid):", re.IGNORECASE)
_CHARSET = re.compile(r"<meta[^>]*charset=[\"']?utf-8", re.IGNORECASE)
_TEXT_LINK = re.compile(r"\b[a-z]+://[^\s<>]+")


def wrong_pictures(page: Page, base_url: str) -> str:
    """Say what is wrong with the pictures of a page."""
    for tag in page.different:
        if tag.name == "img":
            its = tag.attributes
            if "alt" not in its:
                return "one without an alternative text"
            if not its.get("src", "").startswith(("https://", base_url + "/")):
                return "one that does not come by https"
            if (
                not its.get("width", "").removesuffix("px").isdigit()
                or not its.get("height", "").removesuffix("px").replace("auto", "1").isdigit()
            ):
                return "one without width or height"
    return ""


def unsafe(page: Page) -> str:
    """Name what may not stand in a letter."""
    names = sorted({tag.name for tag in page.different} & FORBIDDEN)
    return ", ".join(names) or when(any(_handles(tag.raw) for tag in page.different), "an on... attribute")


@lru_cache(maxsize=8192)
def _handles(raw: str) -> bool:
    """Tell whether an attribute is a handler: by its name, for a value may hold a reader's. Letters share most of their tags."""
    return any(name.startswith("on") for name in Tag("", raw).attributes)


@lru_cache(maxsize=8192)
def _carries(raw: str) -> bool:
    its = Tag("", raw).attributes
    addresses = (its.get("src", ""), its.get("href", ""), its.get("background", ""))
    return any(_CARRIED.match(address.strip()) for address in addresses) or _CARRIED_STYLE.search(its.get("style", "")) is not None


def invisible(page: Page) -> list[str]:
    """Return the addresses of pictures that nobody can see."""
    pictures = [tag.attributes for tag in page.tags if tag.name == "img"]
    return [its.get("src", "") for its in pictures if {its.get("width"), its.get("height")} & {"0", "1"}]


def carried(page: Page) -> str:
    """Say whether an address holds the thing itself."""
    return when(any(_carries(tag.raw) for tag in page.different), "one that is")


def damaged(html: str, pages: Iterable[Page]) -> str:
    """Say whether a comment or an element is left open."""
    return when(open_comments(html), "a conditional comment that is left open") or when(
        any(page.unpaired for page in pages), "an element without its start or end"
    )


def names_charset(html: str) -> bool:
    """Tell whether the head of a page says UTF-8. A long title may stand ahead of it: the part's own header decides for mail."""
    return _CHARSET.search(html, 0, html.find("</head>")) is not None


def _pages(look: str) -> Check:
    """A check of both views by what was counted while they were read."""
    return lambda letter: when(
        any(getattr(page, look) for page in letter.got.pages), f"{max(getattr(page, look) for page in letter.got.pages)}"
    )


def _style(letter: Letter) -> str:
    size = letter.got.page.style_bytes
    return when(size > MOST_STYLE, f"{size} bytes") or damaged(letter.got.part("text/html"), letter.got.pages)


def _left_open(letter: Letter) -> str:
    for part in (letter.got.page.visible, _TEXT_LINK.sub(" ", letter.got.part("text/plain"))):
        if found := placeholder(letter, part):
            return found
    return ""


def _addresses(letter: Letter) -> list[str]:
    """Every address of the body: of links in both views, and in the text part."""
    links = [link.href for page in letter.got.pages for link in page.links]
    written = text_links(letter.got.part("text/plain"))
    if given := _given_links(letter):  # somebody, or some street, may be called like an address
        written = [url for url in written if not url.startswith(given)]
    return list(dict.fromkeys([*links, *written]))


def _given_links(letter: Letter) -> tuple[str, ...]:
    """What looks like an address in words that are no template's: the person's own, and the names of the sender and the campaign."""
    e, person = letter.envelope, letter.person
    values = (e.sender_name, e.postal_address, e.title, letter.message.subject, *(getattr(person, name) for name in PERSON_FIELDS))
    return tuple(url for value in values if "://" in value for url in text_links(clean(value)))


def text_links(text: str) -> list[str]:
    """Return the addresses in plain text, in order, without the stop of a sentence behind them."""
    return [url.rstrip(".,;:)") for url in _TEXT_LINK.findall(text)]


def _wrong_addresses(law: str) -> Check:
    def check(letter: Letter) -> str:
        base = letter.envelope.base_url
        wrong = [url for url in _addresses(letter) if wrong_address(url, base) == law]
        return when(wrong, f"{len(wrong)} of them")

    return check


def _vague(letter: Letter) -> str:
    trap = letter.envelope.trap_url  # nobody sees it: it has no words
    links = (link for page in letter.got.pages for link in page.links if not trap or link.href != trap)
    found = next((link.words for link in links if is_vague(link.words)), None)
    return "" if found is None else f"'{found}'"


def _campaign(letter: Letter) -> str:
    e = letter.envelope
    for url in _addresses(letter):
        if is_bare(url, e.site, e.base_url, e.privacy_url):
            return "one that does not"
        query = parse_qs(parts_of(url).query)
        if query.get("utm_source") == ["newsletter"] and query.get("utm_campaign") != [e.campaign]:
            return "another campaign's"
    return ""


def _no_address(letter: Letter) -> str:
    address, recipient_id = letter.person.address.lower(), letter.person.recipient_id
    for url in _addresses(letter):
        if not url.startswith("mailto:") and (address in unquote(url).lower() or _names(url, recipient_id)):
            return "one does"
    return ""


def _names(url: str, recipient_id: str) -> bool:
    """Tell whether a query says who the reader is. A campaign may be called like somebody's id."""
    return any(recipient_id in values for name, values in parse_qs(parts_of(url).query).items() if not name.startswith("utm_"))


def _in_both(kind: str, purpose: Purpose | None = None) -> Check:
    def check(letter: Letter) -> str:
        url: str = getattr(letter.envelope, kind)
        # The text part may hold the address as it is; in HTML it must be a link that says something.
        if (
            not url
            or not any(link.href == url and link.words for link in letter.got.page.links)
            or url not in letter.got.part("text/plain")
        ):
            return "it is not"
        speaks_of = letter.context.speaks_of
        return when(purpose and speaks_of and speaks_of(purpose, url) != letter.newsletter.recipient_number, "it is somebody else's")

    return check


def _near_the_top(letter: Letter) -> str:
    url = letter.envelope.unsubscribe_url
    places = [link.before for link in letter.got.page.links if link.href == url]
    return when(len(places) < 2 or min(places) > NEAR_THE_TOP, "not at both ends" if places else "none at all")


def _said(letter: Letter, text: str) -> bool:
    words = " ".join(text.split())
    return bool(words) and all(words in " ".join(part.split()) for part in (letter.got.page.visible, letter.got.part("text/plain")))


def _sender(letter: Letter) -> str:
    e = letter.envelope
    return when(not _said(letter, e.sender_name) or not _said(letter, e.postal_address), "they are not")


PAGE: tuple[tuple[str, Check], ...] = (
    ("H01", lambda x: when(x.got.page.language != x.newsletter.language, "another")),
    ("H02", lambda x: when(not x.got.page.title, "none")),
    ("H03", lambda x: when(not names_charset(x.got.part("text/html")), "none")),
    ("H04", _pages("plain_tables")),
    ("H05", lambda x: wrong_pictures(x.got.page, x.envelope.base_url) or wrong_pictures(x.got.outlook, x.envelope.base_url)),
    ("H06", lambda x: carried(x.got.page) or carried(x.got.outlook)),
    ("H07", lambda x: unsafe(x.got.page) or unsafe(x.got.outlook)),
    ("H08", lambda x: wrong_headings(x.got.page.headings)),
    ("H09", _style),
    ("H10", _left_open),
    ("K01", _wrong_addresses("K01")),
    ("K02", _vague),
    ("K03", _campaign),
    ("K04", _no_address),
    ("K05", _wrong_addresses("K05")),
    ("B01", _in_both("unsubscribe_url", Purpose.unsubscribe_body)),
    ("B02", _in_both("preferences_url", Purpose.preferences)),
    ("B03", _in_both("why_url", Purpose.why)),
    ("B04", _near_the_top),
    ("B05", _sender),
    ("B06", _in_both("privacy_url")),
    ("B07", lambda x: when(any(x.envelope.unsubscribe_header_url in part.text for part in x.got.parts), "one is")),
)
