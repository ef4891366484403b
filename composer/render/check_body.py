"""Checks of what a reader gets: H, K, B and C, on the decoded parts."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import parse_qs, unquote, urlsplit

from composer.render.check_wire import own_words
from composer.render.checks import Check, Letter, when
from composer.render.links import content

NEAR_THE_TOP = 600
"""Visible characters before the first unsubscribe link."""
_FORBIDDEN = frozenset(("script", "iframe", "form", "object", "embed", "base", "video", "audio", "link", "svg", "input", "button"))
_LEFT_OPEN = re.compile(r"\{\{|\}\}|\{%|%\}|\[\[|\]\]|<mj-|\b(None|NaN|undefined)\b")
_CARRIED = re.compile(r"""(?:src|href|background)\s*=\s*["'](?:data|cid):""")
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)


def _images(letter: Letter) -> str:
    return when(
        any(
            "alt" not in tag.attributes or not tag.attributes.get("src", "").startswith("https://")
            for tag in letter.got.page.tags
            if tag.name == "img"
        ),
        "one without",
    )


def _unsafe(letter: Letter) -> str:
    tags = letter.got.page.tags
    names = sorted({tag.name for tag in tags} & _FORBIDDEN)
    return ", ".join(names) or when(any(name.startswith("on") for tag in tags for name in tag.attributes), "an on... attribute")


def _left_open(letter: Letter) -> str:
    for part in (letter.got.page.visible, letter.got.part("text/plain")):
        if found := _LEFT_OPEN.search(own_words(letter, part)):
            return f"'{found[0]}'"
    return ""


def _headings(letter: Letter) -> str:
    levels = [int(tag.name[1]) for tag in letter.got.page.tags if re.fullmatch(r"h[1-6]", tag.name)]
    skipped = any(after > before + 1 for before, after in pairwise(levels))
    return when(levels.count(1) != 1 or levels[0] != 1 or skipped, f"levels {levels}")


def _style(letter: Letter) -> str:
    html = letter.got.part("text/html")
    size = sum(len(style.encode()) for style in _STYLE.findall(html))
    return when(size > 16_000 or html.count("<!--[if") > html.count("<![endif]"), f"{size} bytes, or a comment that is left open")


def _links(letter: Letter) -> str:
    base = letter.envelope.base_url + "/"
    wrong = [link for link in letter.got.page.links if not re.match(r"https://|mailto:|tel:", link.href) and not link.href.startswith(base)]
    return when(wrong, f"{len(wrong)} that are not")


def _no_address(letter: Letter) -> str:
    address = letter.person.address.lower()
    return when(any(address in unquote(link.href).lower() for link in letter.got.page.links), "one that does")


def _in_both(letter: Letter, url: str) -> bool:
    # The text part may hold the address as it is; in HTML it must be a link.
    return any(link.href == url and link.words for link in letter.got.page.links) and url in letter.got.part("text/plain")


def _near_the_top(letter: Letter) -> str:
    url = letter.envelope.unsubscribe_url
    places = [link.before for link in letter.got.page.links if link.href == url]
    return when(len(places) < 2 or min(places) > NEAR_THE_TOP, "not at both ends" if places else "none at all")


def _said(letter: Letter, text: str) -> bool:
    return all(" ".join(text.split()) in " ".join(part.split()) for part in (letter.got.page.visible, letter.got.part("text/plain")))


def _blocks(letter: Letter) -> str:
    names = [block.module for block in letter.newsletter.blocks]
    return when(not names or len(set(names)) != len(names), f"{len(names)}, {len(set(names))} of them different")


def _twins(letter: Letter) -> str:
    ours = [content(block.module, place) for place, block in enumerate(letter.newsletter.blocks, 1)]
    html = [value for link in letter.got.page.links for value in parse_qs(urlsplit(link.href).query).get("utm_content", [])]
    text = re.findall(r"[?&]utm_content=([\w.-]+)", letter.got.part("text/plain"))
    orders = [list(dict.fromkeys(found)) for found in (html, text)]
    return when(orders[0] != orders[1] or not set(orders[0]) <= set(ours), "they differ")


CHECKS = (
    Check("H01", "The page's language is the newsletter's.", lambda x: when(x.got.page.language != x.newsletter.language, "another")),
    Check("H02", "The page has a title.", lambda x: when(not x.got.page.title.strip(), "none")),
    Check(
        "H03", "The page names its character set.", lambda x: when("charset=utf-8" not in x.got.part("text/html")[:3000].lower(), "none")
    ),
    Check("H05", "Every image has an alternative text and comes by https.", _images),
    Check(
        "H06", "Nothing is carried inside an address.", lambda x: when(_CARRIED.search(x.got.part("text/html")), "a data: or cid: address")
    ),
    Check("H07", "There is no script, form, frame or handler.", _unsafe),
    Check("H08", "There is one h1, and no level is skipped.", _headings),
    Check("H09", "Styles have at most 16 kB, and conditional comments are closed.", _style),
    Check("H10", "No field or key is left open, and nothing says None or NaN.", _left_open),
    Check("K01", "Links lead to https, mailto or tel.", _links),
    Check("K03", "No link holds the recipient's address.", _no_address),
    Check("B01", "The unsubscribe link is in HTML and in text.", lambda x: when(not _in_both(x, x.envelope.unsubscribe_url), "it is not")),
    Check("B02", "The preferences link is in HTML and in text.", lambda x: when(not _in_both(x, x.envelope.preferences_url), "it is not")),
    Check("B03", "The why link is in HTML and in text.", lambda x: when(not _in_both(x, x.envelope.why_url), "it is not")),
    Check("B04", "One unsubscribe link stands near the top and one at the end.", _near_the_top),
    Check(
        "B05",
        "The sender's name and postal address are in HTML and in text.",
        lambda x: when(not _said(x, x.envelope.sender_name) or not _said(x, x.envelope.postal_address), "they are not"),
    ),
    Check("B06", "The privacy link is in HTML and in text.", lambda x: when(not _in_both(x, x.envelope.privacy_url), "it is not")),
    Check(
        "B07",
        "No link in the body is the one-click address.",
        lambda x: when(any(x.envelope.unsubscribe_header_url in part for _, _, part in x.got.parts), "one is"),
    ),
    Check("C01", "There are blocks, and all are different.", _blocks),
    # A layout may ask for fewer or more, and deciding holds it to that; what is unusual is shown.
    Check(
        "C02",
        "There are four to six blocks.",
        lambda x: when(not 4 <= len(x.newsletter.blocks) <= 6, f"{len(x.newsletter.blocks)}"),
        blocks=False,
    ),
    Check("C05", "HTML and text carry the same blocks in the same order.", _twins),
    Check(
        "C06",
        "There is no invisible picture.",
        lambda x: when(any(tag.name == "img" and tag.attributes.get("width") in ("0", "1") for tag in x.got.page.tags), "one"),
    ),
    Check(
        "C07",
        "No link of a block carries a mark of its reader.",
        lambda x: when(
            any(
                x.person.recipient_id in values
                for link in x.got.page.links
                for key, values in parse_qs(urlsplit(link.href).query).items()
                if not key.startswith("utm_")
            ),
            "one does",
        ),
    ),
    Check(
        "C09",
        "Every block has words of its own.",
        lambda x: when(x.got.part("text/plain").count("\n----\n") < len(x.newsletter.blocks) + 1, "one has none"),
    ),
)
