"""Checks of what was decided and of the values it is filled with: tier two, on every letter, without reading its body.

What hangs on an edition alone (its sender, its site, the addresses of its pages) is judged once and remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from composer.domain.level import Level
from composer.render.case import PLACEHOLDER, Check, Letter, when
from composer.render.fields import PERSON_FIELDS
from composer.render.head import merge_head
from composer.render.headers import clean
from composer.render.links import host_of, is_own

NEAR_THE_TOP = 600
"""Visible characters before the first unsubscribe link."""
MOST_STYLE = 16_000
MOST_HTML = 100_000
_SHORT = "bit.ly t.co goo.gl tinyurl.com ow.ly is.gd buff.ly rebrand.ly cutt.ly t.ly lnkd.in s.id rb.gy tiny.cc shorturl.at"
SHORTENERS = frozenset(_SHORT.split())
_UTM = ("utm_source=newsletter", "utm_medium=email", "utm_campaign=", "utm_content=")


@lru_cache(maxsize=256)
def wrong_address(url: str, base_url: str) -> str:
    """Return the id of the law an address in the body breaks (K01, K05), or an empty string. Our own pages may be http on loopback."""
    if not re.match(r"https://[^\s/]|mailto:|tel:", url) and not url.startswith(base_url + "/"):
        return "K01"
    return "K05" if host_of(url).removeprefix("www.") in SHORTENERS else ""


@lru_cache(maxsize=256)
def _edition(
    base_url: str, site: str, privacy_url: str, pictures_url: str, sender_name: str, postal_address: str, title: str
) -> frozenset[str]:
    """The ids of the laws that the values every letter of an edition shares break."""
    broken = {wrong_address(url, base_url) for url in (site, privacy_url) if url} - {""}
    broken |= {"H05"} if not pictures_url.startswith(("https://", base_url + "/")) else set()
    broken |= {"H02"} if not clean(title) else set()
    broken |= {"H10"} if PLACEHOLDER.search(" ".join((sender_name, postal_address, title))) else set()
    broken |= {"B05"} if not clean(sender_name) or not clean(postal_address) else set()
    return frozenset(broken | ({"B06"} if not privacy_url else set()))


def _shared(name: str) -> Check:
    """A check of a value that all letters of the edition share."""

    def check(letter: Letter) -> str:
        if letter.shared is None:
            e = letter.envelope
            letter.shared = _edition(e.base_url, e.site, e.privacy_url, e.pictures_url, e.sender_name, e.postal_address, e.title)
        return "not so; correct the settings of [sender] and [web], or the campaign's title" if name in letter.shared else ""

    return check


def _own_page(kind: str) -> Check:
    def check(letter: Letter) -> str:
        url: str = getattr(letter.envelope, kind)
        return when(not url.startswith(letter.envelope.base_url + "/") or len(url.rpartition("/")[2]) < 22, "none")

    return check


def _no_one_click(letter: Letter) -> str:
    e = letter.envelope
    pages = (e.unsubscribe_url, e.preferences_url, e.why_url, e.view_url, e.trap_url, e.open_url, *e.click_urls, *e.survey_urls.values())
    return when(e.unsubscribe_header_url in pages, "one is")


def _links(law: str) -> Check:
    shared = _shared(law)

    def check(letter: Letter) -> str:
        base = letter.envelope.base_url
        wrong = law in [wrong_address(url, base) for url in (*letter.targets, *letter.links) if url]
        wrong = wrong or (law == "K01" and not letter.envelope.view_url.startswith(base + "/"))
        return when(wrong, "one does not" if law == "K01" else "one does") or shared(letter)

    return check


def _campaign(letter: Letter) -> str:
    """Blocks get UTM from their own link; an address written out in a module does not."""
    e = letter.envelope
    bare = any(is_bare(link, e.site, e.base_url, e.privacy_url) for link in letter.links)
    return when(bare or not e.campaign.strip(), "one that does not: link to {{ link }}")


@lru_cache(maxsize=1024)
def is_bare(url: str, site: str, base_url: str, privacy_url: str) -> bool:
    """Tell whether an address of our own site lacks what a campaign puts on it; the foot's plain links to site and privacy may."""
    if url in (site, privacy_url) or url.startswith(base_url + "/") or not is_own(host_of(url), site):
        return False
    return not all(mark in url for mark in _UTM)


def _no_address(letter: Letter) -> str:
    e = letter.envelope
    pages = (e.unsubscribe_url, e.preferences_url, e.why_url, e.view_url, e.trap_url, e.open_url)
    urls = "\n".join((*pages, e.campaign, *e.click_urls, *e.survey_urls.values(), *letter.targets))
    urls = unquote(urls).lower() if "%" in urls else urls.lower()
    return when(letter.person.address.lower() in urls, "one does")


def _near_the_top(letter: Letter) -> str:
    facts = letter.frame
    if facts.before < 0:
        return "none at all"
    length = facts.before
    for name in facts.fields_before:
        if name in PERSON_FIELDS:
            length += len(getattr(letter.person, name))
        elif name == "subject":
            length += len(letter.message.subject)
        elif name == "greeting":
            length += 40 + len(letter.person.first_name) + len(letter.person.last_name) + len(letter.person.company)
        else:
            length += len(getattr(letter.envelope, name, ""))
    return when(length > NEAR_THE_TOP, f"{length} characters come first")


def _headings(letter: Letter) -> str:
    levels = [*letter.frame.headings]
    for facts in letter.blocks:
        levels += facts.headings
    levels += letter.frame.headings_after
    return wrong_headings(levels)


def wrong_headings(levels: list[int]) -> str:
    """Say what is wrong with the levels of a page's headings, in order."""
    before = 0
    for level in levels:
        if level > before + 1 or (level == 1 and before):
            return f"levels {levels}"
        before = level
    return when(not levels, "no heading")


def _style(letter: Letter) -> str:
    size = letter.frame.style_bytes + _head_bytes(letter.frame.rules.union(*(facts.rules for facts in letter.blocks)))
    return when(size > MOST_STYLE, f"{size} bytes")


@lru_cache(maxsize=4096)
def _head_bytes(rules: frozenset[str]) -> int:
    return len(merge_head(rules))


def _html_size(letter: Letter) -> str:
    if len(letter.message.data) <= MOST_HTML:
        return ""  # neither encoding makes a part smaller
    size = len(letter.message.html.encode())
    return when(size > MOST_HTML, f"{size}")


def _values(letter: Letter) -> str:
    wrong = [name for name in PERSON_FIELDS if type(getattr(letter.person, name)) is not str]
    return ", ".join(wrong) or _shared("H10")(letter)


def _distinct(letter: Letter) -> str:
    names = [block.module for block in letter.newsletter.blocks]
    return when(not names or len(set(names)) != len(names), f"{len(names)}, {len(set(names))} of them different")


def _count(letter: Letter) -> str:
    layout = letter.context.library.layouts.get(letter.newsletter.layout)
    count = len(letter.newsletter.blocks)
    return when(layout is None or not layout.least_blocks <= count <= layout.most_blocks, f"{count}")


def _known(letter: Letter) -> str:
    newsletter, library = letter.newsletter, letter.context.library
    if newsletter.level != letter.person.level:
        return "decided for another level"
    for place, block in enumerate(newsletter.blocks, 1):
        column = library.index.get(block.module)
        if column is None:
            return f"block {place} is not in the library"
        module = library.modules[column]
        if newsletter.language not in module.languages or block.position != place:
            return f"block {place} is in another language or place"
        if (module.valid_from and newsletter.send_at < module.valid_from) or (
            module.valid_until and newsletter.send_at >= module.valid_until
        ):
            return f"block {place} is out of its time"
    return ""


def _in_both(letter: Letter) -> str:
    return when(not all(facts.has_twin for facts in letter.blocks), "a block has no text")


def _clicks(letter: Letter) -> str:
    urls = letter.envelope.click_urls
    if not urls:
        return when(letter.envelope.trap_url, "by a hidden link alone")
    return when(
        letter.person.level < Level.premium or letter.newsletter.level < Level.premium or len(urls) != len(letter.newsletter.blocks),
        "they are measured",
    )


def _opens(letter: Letter) -> str:
    return when(letter.envelope.open_url and not letter.person.opens, "it counts opens, and the reader did not consent to that")


def _language(letter: Letter) -> str:
    return when(letter.person.language not in ("", letter.newsletter.language), "another than the reader's")


DECISION: tuple[tuple[str, Check], ...] = (
    ("M04", _html_size),
    ("H01", _language),
    ("H02", _shared("H02")),
    ("H05", _shared("H05")),
    ("H08", _headings),
    ("H09", _style),
    ("H10", _values),
    ("K01", _links("K01")),
    ("K03", _campaign),
    ("K04", _no_address),
    ("K05", _links("K05")),
    ("B01", _own_page("unsubscribe_url")),
    ("B02", _own_page("preferences_url")),
    ("B03", _own_page("why_url")),
    ("B04", _near_the_top),
    ("B05", _shared("B05")),
    ("B06", _shared("B06")),
    ("B07", _no_one_click),
    ("C01", _distinct),
    ("C02", _count),
    ("C03", _known),
    ("C05", _in_both),
    ("C06", _opens),
    ("C07", _clicks),
    ("C09", lambda x: when(not all(facts.has_words for facts in x.blocks), "one has none")),
)
