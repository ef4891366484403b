"""What a fragment or a frame is known to hold, whoever reads it: found out once, asked for every letter.

A template is merged with made-up values, once with every field of the recipient empty, once with all of them, and once for
every constant it compares a field with; so whatever stands in a branch is seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Template
from markupsafe import escape

from composer.domain.fragment import Fragment, Frame
from composer.render.fields import FIELDS, PERSON_FIELDS, environment
from composer.render.page import Page, outlook, read_page

PAGES = "https://pages.invalid"
"""Where the made-up values put our own pages (RFC 2606 section 2: no such host exists)."""
LETTER_VALUES: Mapping[str, str] = {
    **{name: f"{PAGES}/{name}" for name in FIELDS if name.endswith("_url")},
    "trap_url": "",
    "open_url": "",
    "link": f"{PAGES}/link",
    "site": f"{PAGES}/site",
    "pictures": f"{PAGES}/pictures",
    "cta": "A call to action",
    "greeting": "Good morning,",
    "subject": "A subject line",
    "preheader": "A preheader",
    "title": "A title",
    "sender_name": "A sender's name",
    "postal_address": "A postal address",
}
NOBODY = dict.fromkeys(PERSON_FIELDS, "")
SOMEBODY = dict(zip(PERSON_FIELDS, ("Maria", "Examplelastname", "Exampleworks", "operations", "Pirkanmaa", "evaluate"), strict=True))
_FIELD = re.compile(r"\{\{-?\s*(\w+)(?:\s+or\s+(?:\"([^\"{}]*)\"|'([^'{}]*)'))?\s*-?\}\}")
_COMPARED = re.compile(r"\b(" + "|".join(PERSON_FIELDS) + r")\s*(?:==|!=)\s*(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(frozen=True, slots=True)
class Facts:
    """`headings` and `before` are those of the letter of somebody about whom everything is known."""

    headings: tuple[int, ...]
    """Levels in order; of a frame those ahead of the blocks."""
    headings_after: tuple[int, ...]
    """Of a frame: levels behind the blocks."""
    style_bytes: int
    rules: frozenset[str]
    """Head rules it needs."""
    links: tuple[str, ...]
    """Where its links lead that are no merge fields."""
    has_words: bool
    """Visible ones, in HTML."""
    has_twin: bool
    """Words in the text part."""
    before: int
    """Visible characters ahead of the first unsubscribe link, without merge fields; -1 where there is no such link."""
    fields_before: tuple[str, ...]
    """Merge fields among them."""


def fragment_facts(fragment: Fragment) -> Facts:
    """Find out about one block's HTML."""
    page = read_page(merge(fragment.html, {**LETTER_VALUES, **SOMEBODY}))
    text = merge(fragment.text, {**LETTER_VALUES, **SOMEBODY}, html=False)
    return Facts(
        tuple(page.headings), (), 0, frozenset(fragment.head), static_links(fragment.html), bool(page.visible), bool(text.strip()), -1, ()
    )


def frame_facts(frame: Frame) -> Facts:
    """Find out about a frame without blocks."""
    values = {**LETTER_VALUES, **SOMEBODY}
    opening = read_page(merge(frame.html_start + frame.html_open, values))
    closing = read_page(merge(frame.html_close, values))
    unsubscribe = [link.before for link in opening.links if link.href == values["unsubscribe_url"]]
    before, fields = -1, tuple[str, ...]()
    if unsubscribe:
        at = re.search(r"<body.*?\{\{\s*unsubscribe_url\s*\}\}", frame.html_start + frame.html_open, re.DOTALL)
        fields = tuple(name for name in re.findall(r"\{\{\s*(\w+)", _shown(at[0]) if at else "") if not name.endswith("_url"))
        before = max(unsubscribe[0] - sum(len(values.get(name, "")) for name in fields), 0)
    return Facts(
        tuple(opening.headings),
        tuple(closing.headings),
        opening.style_bytes,
        frozenset(frame.head),
        static_links(frame.html_start + frame.html_open + frame.html_close),
        True,
        bool(frame.text_open.strip() and frame.text_close.strip()),
        before,
        fields,
    )


def readers(source: str) -> list[Mapping[str, str]]:
    """Return the values of readers who see all of a template: nobody in particular, somebody, and whomever a comparison singles out."""
    people = [NOBODY, SOMEBODY] if any(name in source for name in PERSON_FIELDS) else [SOMEBODY]
    return [*people, *({**SOMEBODY, name: double or single} for name, double, single in dict.fromkeys(_COMPARED.findall(source)))]


def merge(template: str, values: Mapping[str, str], *, html: bool = True) -> str:
    """Merge a template of the library; by hand where it has no branches, for the parser takes milliseconds."""
    if "{%" in template:
        return _template(template, html).render(values)

    def value(found: re.Match[str]) -> str:
        text = values.get(found[1], "") or found[2] or found[3] or ""
        return str(escape(text)) if html else text

    return _FIELD.sub(value, template)


def views(html: str) -> tuple[Page, Page]:
    """Read both views: as most programs show it, and as Outlook on Windows does."""
    return read_page(html), read_page(outlook(html))


def static_links(html: str) -> tuple[str, ...]:
    """Return the addresses in href attributes that hold no merge field."""
    return tuple(dict.fromkeys(found for found in re.findall(r"<a\b[^>]*?\shref=\"([^\"]*)\"", html) if "{" not in found))


def _shown(html: str) -> str:
    return re.sub(r"<div style=\"display:\s*none.*?</div>|<title>.*?</title>|<[^>]*>", "", html, flags=re.DOTALL)


@lru_cache(maxsize=256)
def _template(source: str, html: bool) -> Template:
    return environment(html=html).from_string(source)
