"""The gallery: every module as a reader would see it, in every language, tone and style, with made-up values.

Pure: it makes the pieces of a page, templates/pages/gallery.html puts them together. A piece of a letter stands in a
shadow root (WHATWG HTML, declarative shadow roots) with the styles of the letter's own head, so neither page can change the
other's look. Light and dark are shown side by side: the head's dark rules are switched off in one and on in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from composer.domain.content import PLAIN, ContentModule, Layout, Library
from composer.domain.fragment import Fragment, Frame
from composer.render.fields import FIELDS, PERSON_FIELDS
from composer.render.plates import BETWEEN
from composer.render.press import Press

PERSON = dict(zip(PERSON_FIELDS, ("Maria", "Example", "Example Works", "operations", "Pirkanmaa", "evaluate"), strict=True))
"""Who reads where a module has no sample values of its own."""
_FOLDER = "pictures:"
_PICTURE = re.compile(rf'src="{_FOLDER}/([\w.-]+)\.[0-9a-f]{{8}}\.(png|jpg)"')
_NAMED = re.compile(r'(<img\b[^>]*?)data-picture="([^"]+)"([^>]*>)')
_BLANK = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1232' height='616'/%3E"
_CONDITIONAL = re.compile(r"<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_DARK = re.compile(r"\(prefers-color-scheme:\s*dark\)")
_PAGE = re.compile(r"<body\b[^>]*>\s*(<div\b[^>]*>)")


@dataclass(frozen=True, slots=True)
class Line:
    """An opening as an inbox shows it."""

    name: str
    subject: str
    preheader: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call to action: the journey stage it is for (empty: all others), its words, and where it leads."""

    stage: str
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One language and tone of a module. `light` and `dark` are (style, HTML of the block in it); `css` is the head of each."""

    language: str
    tone: str
    light: tuple[tuple[str, str], ...]
    dark: tuple[tuple[str, str], ...]
    texts: tuple[tuple[str, str], ...]
    """(style, text twin): the plain one, and those of styles that say it otherwise."""
    openings: tuple[Line, ...]
    calls: tuple[Call, ...]
    css: Mapping[str, str]
    """Scheme ("light", "dark") -> style sheet, with the frame's surroundings."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A module on the page."""

    module: ContentModule
    title: str
    facts: tuple[tuple[str, str], ...]
    variants: tuple[Variant, ...]


def show(press: Press, library: Library, module: ContentModule, sample: Mapping[str, str], sender: str, site: str) -> Shown:
    """Return the module in all its variants; `sample` are its author's merge values, `site` is where its frame's links lead."""
    layout = library.layouts.get("newsletter") or next(iter(library.layouts.values()))
    styles = styles_of(library.layouts.values(), module.kind)
    title = module.titles.get("en") or next(iter(module.titles.values()), module.name)
    variants = tuple(
        _variant(press, layout, module, language, tone, styles, sample_values(sample, title, sender, site))
        for language in module.languages
        for tone in module.variants
        if language in layout.languages
    )
    return Shown(module, title, tuple(_facts(module)), variants)


def styles_of(layouts: Iterable[Layout], kind: str) -> tuple[str, ...]:
    """Return the styles that a module of this kind is shown in: those of the slots that take it, in the layouts' order."""
    found = [slot.style for layout in layouts for slot in layout.slots if layout.takes(slot, kind)]
    return tuple(sorted(set(found), key=lambda style: (style != "", style))) or ("",)


def sample_values(sample: Mapping[str, str], title: str, sender: str, site: str) -> dict[str, str]:
    """Return a value for every merge field; pictures are found in the page itself."""
    values = dict.fromkeys(FIELDS, "") | {name: site for name in FIELDS if name.endswith("_url")} | PERSON | dict(sample)
    return values | {"site": site, "pictures": _FOLDER, "sender_name": sender, "title": title, "subject": title, "greeting": sender}


def used_pictures(shown: Iterable[Shown]) -> frozenset[str]:
    """Return the pictures that the page needs."""
    return frozenset(one.module.picture for one in shown if one.module.picture)


def property_of(picture: str) -> str:
    """Return the CSS property that holds a picture: each is in the page once, however often it is shown."""
    return "--picture-" + re.sub(r"[^\w-]", "-", picture)


def _variant(
    press: Press, layout: Layout, module: ContentModule, language: str, tone: str, styles: tuple[str, ...], values: Mapping[str, str]
) -> Variant:
    frame = press.frame(layout.name, language)
    fragments = {style: press.fragment(module.name, language, tone, style) for style in styles}
    plain = next(iter(fragments.values()))
    looks = tuple((style, _look(press, frame, fragment, values, module.url)) for style, fragment in fragments.items())
    openings = module.openings.get(language) or {}
    lines = tuple(
        Line(name, press.line(opening.subject, values), press.line(opening.preheader, values))
        for name, opening in openings.items()
        if name in (PLAIN, tone) or name not in module.variants
    )
    calls = tuple(Call(stage, words, module.target(stage)) for stage, words in sorted(plain.ctas.items(), key=_in_order))
    texts: dict[str, str] = {}
    for style, fragment in fragments.items():
        text = press.text(_BARE, [fragment], values, [module.url]).removeprefix(BETWEEN).removesuffix("\n").removesuffix(BETWEEN)
        if text.strip() not in texts.values():
            texts[style] = text.strip()
    css = {scheme: _css(frame, scheme) for scheme in ("light", "dark")}
    return Variant(language, tone, looks, looks[:1], tuple(texts.items()), lines, calls, css)


_BARE = Frame("", "", "", "", "")
_STAGES = ("", "discover", "evaluate", "use", "renew")


def _in_order(call: tuple[str, str]) -> int:
    return _STAGES.index(call[0]) if call[0] in _STAGES else len(_STAGES)


def _look(press: Press, frame: Frame, fragment: Fragment, values: Mapping[str, str], link: str) -> str:
    """The block on the letter's page, without the comments that only Outlook reads."""
    html = press.html(_BARE, [fragment], values, [link])
    html = _PICTURE.sub(lambda match: f'src="{_BLANK}" data-picture="{match[1]}.{match[2]}"', _CONDITIONAL.sub("", html))
    html = _NAMED.sub(lambda match: _with_content(match[1] + match[3], match[2]), html)
    page = _PAGE.search(frame.html_open)
    return f"{page[1] if page else '<div>'}{html}</div>".replace("{{ subject }}", "")


def _with_content(tag: str, picture: str) -> str:
    wanted = f"content:var({property_of(picture)});"
    return tag.replace('style="', f'style="{wanted}', 1) if 'style="' in tag else tag.replace("<img", f'<img style="{wanted}"', 1)


def _css(frame: Frame, scheme: str) -> str:
    """The styles of the letter's head, with its dark rules always on or always off."""
    css = "".join(_STYLE.findall(_CONDITIONAL.sub("", frame.html_start + frame.html_open.partition("</head>")[0])))
    css = _DARK.sub("(min-width:0px)" if scheme == "dark" else "(max-width:0px)", css)
    return re.sub(r"\s+", " ", css).replace("</", "<\\/")


def _facts(module: ContentModule) -> Iterable[tuple[str, str]]:
    """What its author said about whom it is for and when, in words."""
    yield (
        "For",
        ", ".join((*module.roles, *(f"stage {stage}" for stage in module.stages), *module.regions, *module.countries)) or "everybody",
    )
    yield "Group", module.group
    yield "About", ", ".join((*(interest.partition(":")[2] for interest in module.interests), *module.topics))
    yield "Season", ", ".join(_MONTHS[month - 1] for month in module.months)
    yield "From", f"{module.valid_from:%d %B %Y %H:%M UTC}" if module.valid_from else ""
    yield "Until", f"{module.valid_until:%d %B %Y %H:%M UTC}" if module.valid_until else ""
    yield "Only buyers of the last", f"{module.bought_within.days} days" if module.bought_within else ""
    owned = "" if module.owned_for is None else f"{module.owned_for.days} days" if module.owned_for else "never"
    yield "Kept from owners", owned or ("for ever" if module.interests else "")
    yield "Rests", f"{module.rest.days} days after it was shown"
    yield "Strangers", "may get it" if module.generic else ""
    yield "Leads to", module.url


_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
