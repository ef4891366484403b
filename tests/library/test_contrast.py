"""Every word of every module can be read: contrast of at least 4.5 to 1, in light and in dark (WCAG 1.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from composer.render import render
from tests.render.letters import ENVELOPE, newsletter, opened, person, press

VOID = {"br", "meta", "img", "hr"}
DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n\s*\}\s*(?=</style>)", re.DOTALL)


class Words(HTMLParser):
    """Yields (words, colour, background) as a reader sees them; `rules` are the style rules in force."""

    def __init__(self, rules: list[tuple[str, dict[str, str]]]) -> None:
        super().__init__()
        self.rules = rules
        self.open: list[tuple[str, set[str], dict[str, str]]] = []
        self.seen: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        values = {name: value or "" for name, value in attrs}
        style = dict(self.open[-1][2]) if self.open else {"color": "#000000", "background-color": "#ffffff"}
        own = declarations(values.get("style", ""))
        if own.get("color") == "inherit":
            del own["color"]
        self.open.append((tag, set(values.get("class", "").split()), style | own))
        for selector, changes in self.rules:
            if any(self.matches(one.strip()) for one in selector.split(",")):
                self.open[-1][2].update(changes)

    def matches(self, selector: str) -> bool:
        tag, classes, _ = self.open[-1]
        outer, _, inner = selector.replace(" > ", " >").partition(" ")
        if not inner:
            return tag == outer or outer.removeprefix(".") in classes
        holders = self.open[-2:-1] if inner.startswith(">") else self.open[:-1]
        return tag == inner.removeprefix(">") and any(outer.removeprefix(".") in one[1] for one in holders)

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        hidden = any(name in ("style", "title", "head") or "none" in style.get("display", "") for name, _, style in self.open)
        if data.strip() and not hidden:
            style = self.open[-1][2]
            self.seen.append((data.strip(), style["color"], style["background-color"]))


def declarations(style: str) -> dict[str, str]:
    found = {name.strip(): value.replace("!important", "").strip() for name, _, value in (part.partition(":") for part in style.split(";"))}
    if "background" in found:
        found["background-color"] = found["background"]
    return {name: value for name, value in found.items() if name in ("color", "background-color", "display")}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def words(scheme: str) -> Iterator[tuple[str, str, str]]:
    html = render(newsletter(opened().library.names), person(), press(), ENVELOPE, opened().library).html
    found = DARK.search(html)
    assert found
    rules = [(selector.strip(), declarations(body)) for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", found[1])]
    page = Words(rules if scheme == "dark" else [])
    page.feed(re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL))
    yield from page.seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(scheme: str) -> None:
    seen = list(words(scheme))
    assert len(seen) > 100
    assert [(round(contrast(colour, ground), 2), text) for text, colour, ground in seen if contrast(colour, ground) < 4.5] == []


def test_dark_is_dark() -> None:
    grounds = {ground for _, _, ground in words("dark")}
    assert max(luminance(ground) for ground in grounds if ground not in ("#7fd0d9", "#ffffff")) < 0.06
