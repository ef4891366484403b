"""The linter of looks: contrast in light, in dark and under forced inversion, sizes of text, and of places to tap.

It judges what was compiled, so it sees what classes, styles and the brand made of a module. What it finds is told at the
tag of the author's file that holds the text. Words change nothing here: of all languages and tones with the same
tags, one is looked at.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from composer.domain.content import PLAIN
from composer.domain.fragment import Fragment, Frame
from composer.library.colours import contrast, inverted, over, written
from composer.library.css import Sheet, style_rules
from composer.library.finding import Severity
from composer.library.layout_file import LayoutFile
from composer.library.module_file import ModuleFile
from composer.library.seen import COMMENT, TAGS, Page, Seen, filled, split
from composer.library.texts import bind_html

LEAST, LEAST_LARGE = 4.5, 3.0
"""Contrast of text, and of large text (WCAG 2.2, 1.4.3)."""
SMALLEST_TEXT, SMALLEST_TAP = 14, 44
"""Pixels: what phones show without zooming, and what a thumb hits (WCAG 2.2, 2.5.5)."""
SEVERITY: Severity = "error"
_SCHEMES = {"light": frozenset({"wide"}), "dark": frozenset({"wide", "dark"}), "phone": frozenset({"phone"})}
_SHOWN = 40
"""Characters of a text that a finding quotes."""


@dataclass(frozen=True)
class Surroundings:
    """A frame read up to its blocks, once for each scheme: what is around a fragment."""

    pages: Mapping[str, Page]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(frozen=True, slots=True)
class _Fault:
    text: int
    """Which text of the fragment, counting those with words."""
    kind: str
    """What is wrong; of one kind at one place the worst is told."""
    badness: float
    message: str


def surroundings(frame: Frame | None) -> Surroundings:
    """Read a frame once for all the fragments that will stand in it; without one a fragment stands on white."""
    html = frame.html_start + frame.html_open if frame else ""
    rules = style_rules(html)
    tags, texts = split(html)
    return Surroundings({scheme: Page(Sheet(rules, active)).read(tags, filled(texts)) for scheme, active in _SCHEMES.items()})


def check_contrast(module: ModuleFile, fragments: Mapping[tuple[str, str, str, str], Fragment], around: Surroundings) -> None:
    """Add to the module's findings what its fragments (module, language, variant, style) show that cannot be read or hit."""
    found: dict[tuple[int, str], list[tuple[_Fault, str]]] = defaultdict(list)
    styles = {style for _, _, _, style in fragments}
    for (_, language, variant, style), fragment in fragments.items():
        tags, texts = split(fragment.html)
        words = filled(texts)
        for fault in _faults(around, tags, words):
            shown = [text for text, some in zip(texts, words, strict=True) if some]
            # The call is left open for the recipient's stage.
            bound = {**module.texts[language, variant], "language": language, "cta": "{{ cta }}"}
            found[_place(module.source.body, bound, shown, fault.text), fault.kind].append((fault, style))
    for (at, _), faults in sorted(found.items()):
        worst = max((fault for fault, _ in faults), key=lambda fault: fault.badness)
        where = {style for _, style in faults}
        named = ", ".join(f"'{style}'" if style else "plain" for style in sorted(where))
        module.source.in_body(at, worst.message + (f" (style {named})" if where != styles else ""), SEVERITY)


def check_frame(layout: LayoutFile, frames: Mapping[tuple[str, str], Frame]) -> None:
    """Add to the layout's findings what its own texts show that cannot be read or hit."""
    found: dict[tuple[int, str], _Fault] = {}
    for (name, language), frame in frames.items():
        if name != layout.layout.name:
            continue
        rules = style_rules(frame.html_start + frame.html_open)
        tags, texts = split(frame.html_open.partition("</head>")[2] + frame.html_close)
        words = filled(texts)
        shown = [text for text, some in zip(texts, words, strict=True) if some]
        pages = {scheme: Page(Sheet(rules, active)) for scheme, active in _SCHEMES.items()}
        for fault in _of_pages(pages, tags, words):
            at = _place(layout.source.body, {**layout.texts[language, PLAIN], "language": language}, shown, fault.text)
            found[at, fault.kind] = max(found.get((at, fault.kind), fault), fault, key=lambda one: one.badness)
    for (at, _), fault in sorted(found.items(), key=lambda item: item[0]):
        layout.source.in_body(at, fault.message, SEVERITY)


@lru_cache(maxsize=2048)
def _faults(around: Surroundings, tags: tuple[str, ...], words: tuple[bool, ...]) -> tuple[_Fault, ...]:
    return tuple(_of_pages({scheme: page.inside() for scheme, page in around.pages.items()}, tags, words))


def _of_pages(pages: Mapping[str, Page], tags: tuple[str, ...], words: tuple[bool, ...]) -> Iterator[_Fault]:
    for page in pages.values():
        page.read(tags, words)
    for seen in pages["light"].seen:
        yield from _contrast(seen, "in light")
        yield from _contrast(seen, "in forced dark mode", forced=True)
    for seen in pages["dark"].seen:
        yield from _contrast(seen, "in our dark scheme")
    small = {seen.text: seen.style.size for scheme in ("light", "phone") for seen in pages[scheme].seen if seen.style.size < SMALLEST_TEXT}
    for text, size in small.items():
        yield _Fault(text, "size", -size, f"the text is {size:g} px: {SMALLEST_TEXT} px are the least that phones show well")
    low = {tap.text: tap.height for scheme in ("light", "phone") for tap in pages[scheme].taps if tap.height < SMALLEST_TAP}
    for text, height in low.items():
        advice = "give it padding and display:inline-block, or take mj-button"
        yield _Fault(text, "tap", -height, f"the link is {height:g} px high: {SMALLEST_TAP} px are the least that a thumb hits; {advice}")


def _contrast(seen: Seen, when: str, *, forced: bool = False) -> Iterator[_Fault]:
    style = seen.style
    if style.unclear:
        yield _Fault(seen.text, "colour", 0, f"the colour '{style.unclear[:40]}' is not understood here: write #rrggbb")
        return
    ground = inverted(style.ground) if forced else style.ground
    colour = over(inverted(style.colour) if forced else style.colour, style.opacity, ground)
    ratio, least = contrast(colour, ground), LEAST_LARGE if seen.large else LEAST
    if ratio < least:
        from_light = f" (written {written(style.colour)} on {written(style.ground)})" if forced else ""
        # Rounded down: 4.48 must not read as 4.5.
        told = f"{int(ratio * 100) / 100:.2f}:1 {when}: {written(colour)} on {written(ground)}{from_light}"
        said = f"contrast {told}; {least:g}:1 is the least for {'large text' if seen.large else 'text'}"
        yield _Fault(seen.text, when, -ratio / least, said)


def _place(body: str, texts: Mapping[str, str], shown: Sequence[str], wanted: int) -> int:
    """Return where in `body` the tag starts that directly holds the compiled text number `wanted`.

    The compiler keeps the order of texts, and a style may have left some out; so both lists are walked together.
    """
    at = 0
    holders = _texts(body)
    for number, compiled in enumerate(shown):
        for i in range(at, len(holders)):
            if _same(bind_html(holders[i][1], texts), compiled):
                at = i + 1
                if number == wanted:
                    return holders[i][0]
                break
        else:
            if number == wanted:
                break
    return 0


def _same(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


@lru_cache(maxsize=256)
def _texts(body: str) -> list[tuple[int, str]]:
    """The texts of a body that hold something, in order, each with the offset of the innermost tag around it."""
    blanked = COMMENT.sub(lambda match: " " * len(match[0]), body)
    found: list[tuple[int, str]] = []
    stack: list[tuple[str, int]] = [("", 0)]
    end = 0
    for tag in [*TAGS.finditer(blanked), None]:
        text = blanked[end : tag.start() if tag else len(blanked)]
        if text.strip():
            found.append((stack[-1][1], text))
        if tag is None:
            break
        end = tag.end()
        name = re.match(r"</?([\w-]*)", tag[0])
        if name and tag[0].startswith("</"):
            while len(stack) > 1 and stack.pop()[0] != name[1]:
                pass
        elif name and not tag[0].endswith("/>") and name[1] not in ("br", "hr", "img"):
            stack.append((name[1], tag.start()))
    return found
