"""The three layouts look like one company, each for its own use, and keep what mail programs ask of a page."""

from __future__ import annotations

import re

import pytest

from composer.library import lint, make_sources
from composer.library.brand import read_brand
from composer.library.colours import contrast, inverted, parse
from tests.render.letters import opened

LAYOUTS = ("announcement", "digest", "newsletter")
TEMPLATES = {name: text for name, text in opened().sources.files.items() if name.startswith("templates/")}
STYLES = ("", "lead", "note", "row")


def frames(layout: str) -> list[str]:
    """The layout's HTML before and after the blocks, in each language."""
    return [f.html_start + f.html_open + f.html_close for (name, _), f in opened().compiled.frames.items() if name == layout]


def test_the_layouts_differ_in_use() -> None:
    styles = {name: tuple(slot.style for slot in opened().library.layouts[name].slots) for name in LAYOUTS}
    assert len(set(styles.values())) == 3
    assert {style for used in styles.values() for style in used} == set(STYLES)


def test_all_modules_are_dressed_alike() -> None:
    files = [text for name, text in TEMPLATES.items() if name.endswith(".mjml")]
    heads = [text for text in files if "<mj-attributes>" in text]
    assert len(heads) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_frame_loads_nothing_and_says_its_schemes(layout: str) -> None:
    for html in frames(layout):
        assert not re.search(r"url\(|@import|<link|<script|<img", html)
        assert '<meta name="color-scheme" content="light dark" />' in html
        assert "mso-hide:all" in html
        assert sum(map(len, re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL))) < 6_000


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_table_of_a_frame_is_for_layout_also_in_outlook(layout: str) -> None:
    tables = [tag for html in frames(layout) for tag in re.findall(r"<table[^>]*>", html)]
    assert tables
    assert [tag for tag in tables if 'role="presentation"' not in tag] == []


def test_every_colour_has_a_dark_twin_and_every_dark_rule_its_class() -> None:
    head = TEMPLATES["templates/newsletter/parts/head.mjml"]
    worn = {word for words in re.findall(r'css-class="([^"]*)"', "".join(TEMPLATES.values())) for word in words.split()}
    dark = re.sub(r"\[\[.*?\]\]", "", head[head.index("prefers-color-scheme: dark") :].partition("</mj-style>")[0])
    asked = set(re.findall(r"\.([a-z][a-z-]*)[ ,>{]", dark))
    assert asked - worn <= {"cell"}  # modules' table cells wear it
    assert worn - asked <= {"gutter", "in", "figure", "lead", "greeting", "links"}  # measures, no colours


@pytest.mark.parametrize("text", ["ink", "muted", "accent"])
@pytest.mark.parametrize("ground", ["page", "card", "tint", "warm", "blank"])
def test_every_text_can_be_read_on_every_surface(text: str, ground: str) -> None:
    brand = read_brand(TEMPLATES).tables
    for scheme, seen in (("colours", lambda colour: colour), ("colours", inverted), ("dark", lambda colour: colour)):
        one, other = (parse(brand[scheme][name]) for name in (text, ground))
        assert one is not None
        assert other is not None
        assert contrast(seen(one[0]), seen(other[0])) >= 4.5, scheme


def test_every_picture_stands_in_one_module() -> None:
    worn = [module.picture for module in opened().library.modules if module.picture]
    assert sorted(worn) == sorted(opened().sources.pictures)


def test_paddings_have_units() -> None:
    """MRML reads a 0 without px as no number, drops the whole padding from its sums and makes pictures too wide for Outlook."""
    bare = [(name, found) for name, text in TEMPLATES.items() for found in re.findall(r'padding="[^"]*\b0(?!px)\b[^"]*"', text)]
    assert bare == []


def test_pictures_fit_where_they_stand_and_say_their_size() -> None:
    sizes = {
        style: {(int(w), int(h)) for h, w in re.findall(r'<img [^>]*height="(\d+)"[^>]*? width="(\d+)"', fragment.html)}
        for style in STYLES
        for (_, _, _, worn), fragment in opened().compiled.fragments.items()
        if worn == style and "<img" in fragment.html
    }
    assert sizes == {"": {(536, 268)}, "lead": {(600, 300)}}


def test_another_brand_is_another_file() -> None:
    brand = TEMPLATES["templates/newsletter/brand.toml"]
    other = brand.replace('accent = "#1d5c4d"', 'accent = "#5a2d82"')
    assert other != brand
    assert list(lint(make_sources({**TEMPLATES, "templates/newsletter/brand.toml": other}))) == []
