"""What cannot be read or hit is told with its place, in light, in dark and under forced inversion; nothing slips by unjudged."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.library.colours import Colour, contrast, inverted, over, parse, written
from composer.library.contrast import surroundings
from composer.library.css import Element, Sheet, declarations, style_rules
from composer.library.seen import Page, filled, split
from tests.library import small
from tests.library.small import BODY, BODY_LINE, LAYOUT, TEMPLATES, found, swapped, told
from tests.render.letters import opened

colours = st.tuples(*[st.integers(0, 255).map(float)] * 3)
TEXT = '<mj-text mj-class="body">[[ body ]]</mj-text>'


def given_attribute(attribute: str) -> str:
    return TEXT.replace('body">', f'body" {attribute}>')


def inside(tag: str) -> str:
    return TEXT.replace("[[ body ]]", f"{tag}[[ body ]]</{tag[1:].split()[0].rstrip('>')}>")


def test_a_good_library_has_no_findings() -> None:
    assert found() == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (TEXT, given_attribute('color="#909090"'), 4, "contrast 3.19:1 in light: #909090 on #ffffff; 4.5:1 is the least for text"),
        (TEXT, inside('<span style="color:#999">'), 4, "in light: #999999 on #ffffff"),
        (TEXT, inside('<span style="color:#00000080">'), 4, "in light: #7f7f7f on #ffffff"),
        (TEXT, inside('<span style="opacity:0.3">'), 4, "in light: "),
        # Readable in light, but the frame's dark rule changes the ground and an inline colour keeps the text.
        (TEXT, inside('<span style="color:#1b2420">'), 4, "in our dark scheme: #1b2420 on #1d2421"),
        # A middle grey keeps enough contrast in light, and loses it where both are turned round.
        (TEXT, given_attribute('color="#737373"'), 4, "in forced dark mode: #959595 on #333333 (written #737373 on #ffffff)"),
        (TEXT, given_attribute('font-size="13px"'), 4, "the text is 13 px: 14 px are the least"),
        (TEXT, inside('<small>'), 4, "the text is 13.28 px"),
        (TEXT, '<mj-text mj-class="body"><a href="{{ link }}">[[ body ]]</a></mj-text>', 4, "the link is 24 px high: 44 px are the least"),
        ('inner-padding="12px 20px"', 'inner-padding="11px 20px"', 5, "the link is 42 px high"),
        (TEXT, given_attribute('color="hsl(0 0% 60%)"'), 4, "the colour 'hsl(0 0% 60%)' is not understood here: write #rrggbb"),
        ('mj-class="card"', 'mj-class="card" background-color="#1b2420"', 3, "contrast 1.00:1 in light: #1b2420 on #1b2420"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_hit_is_an_error_at_its_place(old: str, new: str, line: int, said: str) -> None:
    if old in BODY:
        body, templates = swapped(old, new, BODY), None
    else:
        body, templates = BODY, TEMPLATES | {"templates/newsletter/newsletter.mjml": swapped(old, new, LAYOUT)}
    findings = [finding for finding in found(body=body, templates=templates) if said in finding.message]
    assert [(finding.file, finding.line, finding.severity) for finding in findings[:1]] == [(small.MODULE, BODY_LINE + line - 1, "error")]


def test_the_column_is_that_of_the_tag_around_the_text() -> None:
    body = swapped("[[ body ]]", 'Well: <span style="color:#999999">[[ body ]]</span>', BODY)
    (finding,) = {(f.line, f.column) for f in found(body=body) if "in light" in f.message}
    assert finding == (BODY_LINE + 3, body.split("\n")[3].index("<span") + 1)


def test_large_text_may_have_less_contrast() -> None:
    large = '<mj-text mj-class="body" font-size="24px" line-height="30px" color="#909090">[[ body ]]</mj-text>'
    assert not any("in light" in message for _, _, message in told(body=swapped(TEXT, large, BODY)))
    bold = large.replace("24px", "19px").replace("color=", 'font-weight="700" color=')
    assert not any("in light" in message for _, _, message in told(body=swapped(TEXT, bold, BODY)))
    assert any("in light" in message for _, _, message in told(body=swapped(TEXT, large.replace("24px", "23px"), BODY)))


def test_a_finding_of_one_style_names_it() -> None:
    templates = TEMPLATES | {
        "templates/newsletter/newsletter.mjml": swapped('name="lead-body"', 'name="lead-body" color="#999999"', LAYOUT)
    }
    light = [finding.message for finding in found(templates=templates) if "in light" in finding.message]
    assert light
    assert all(message.endswith("(style 'lead')") for message in light)


def test_a_link_in_a_sentence_may_be_as_low_as_the_sentence() -> None:
    body = swapped("[[ body ]]", 'Read <a href="{{ link }}">the whole report</a> this week.', BODY)
    assert told(body=body) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('<h1 style="font-size:28px;">', '<h1 style="font-size:28px;color:#cccccc">', "in light: #cccccc on #f6f5f1"),
        ('style="display:inline-block;padding:12px 0;"', "", "the link is 24 px high"),
        ("background-color: #121614 !important", "background-color: #dddddd !important", "in our dark scheme: #e9eeea on #dddddd"),
    ],
)
def test_a_layout_is_judged_too(old: str, new: str, said: str) -> None:
    findings = found(templates=TEMPLATES | {"templates/newsletter/newsletter.mjml": swapped(old, new, LAYOUT)})
    assert any(said in finding.message and finding.file == "templates/newsletter/newsletter.mjml" for finding in findings)


def test_every_word_of_every_module_is_judged() -> None:
    """A checker that looks away finds nothing: all words that readers see are among those it saw, in each scheme."""
    frame = opened().compiled.frames["newsletter", "en"]
    around = surroundings(frame)
    for (name, _, _, style), fragment in opened().compiled.fragments.items():
        tags, texts = split(fragment.html)
        words = filled(texts)
        told_of = sum(words)
        for scheme, page in around.pages.items():
            seen = page.inside().read(tags, words).seen
            assert len(seen) == told_of > 1, (name, style, scheme)
            assert {one.style.ground for one in seen} != set()
    dark = [one.style.ground for one in around.pages["dark"].inside().read(("<p>", "</p>"), (False, True, False)).seen]
    light = [one.style.ground for one in around.pages["light"].inside().read(("<p>", "</p>"), (False, True, False)).seen]
    assert contrast(dark[0], (0, 0, 0)) < 2 < 15 < contrast(light[0], (0, 0, 0))


PUBLISHED = {
    "#51a7f9": "#0076c2", "#0c64c0": "#6da0ff", "#ffffff": "#333333", "#cccccc": "#535353", "#934511": "#ef935c",
    "#ff0000": "#ff2711", "#00ff00": "#005e00", "#ffff80": "#343c00", "#0f5c1a": "#7fc57b", "#000000": "#ffffff",
}  # fmt: skip
"""Outlook's own expectations of its rule: roosterjs, getDarkColorTest.ts."""


@pytest.mark.parametrize("light", PUBLISHED)
def test_forced_inversion_is_outlooks(light: str) -> None:
    before, after = parse(light), parse(PUBLISHED[light])
    assert before
    assert after
    assert all(abs(made - wanted) <= 1 for made, wanted in zip(inverted(before[0]), after[0], strict=True))


def test_contrast_is_wcags() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)  # WCAG's own example of a near miss
    assert parse("#fff") == parse("white") == parse("rgb(255, 255, 255)") == ((255, 255, 255), 1)
    assert parse("linear-gradient(red, blue)") is None


@given(colours, colours, st.floats(0, 1))
def test_laws_of_colours(one: Colour, other: Colour, opacity: float) -> None:
    assert contrast(one, other) == contrast(other, one) >= 1
    assert all(0 <= part <= 255 for part in inverted(one))
    assert over(one, 1, other) == one
    assert over(one, 0, other) == other
    read = parse(written(one))
    assert read
    assert read[0] == pytest.approx(one)
    # Turning the lightness round turns the order round.
    if contrast(one, (0, 0, 0)) > 1.3 * contrast(other, (0, 0, 0)):
        assert contrast(inverted(one), (0, 0, 0)) < contrast(inverted(other), (0, 0, 0)) * 1.2


@pytest.mark.parametrize(
    ("css", "inline", "wanted"),
    [
        (".a { color: red } p { color: blue }", "", "red"),
        ("p { color: red } p { color: blue }", "", "blue"),
        (".a { color: red }", "color:blue", "blue"),
        (".a { color: red !important }", "color:blue", "red"),
        (".a { color: red !important }", "color:blue !important", "blue"),
        (".box > .a { color: red }", "", None),
        (".box .a { color: red }", "", "red"),
        ("div > p { color: red }", "", "red"),
        (".a:hover { color: red } [data-ogsc] .a { color: red }", "", None),
        ("/* .a { color: red } */", "", None),
        ("@media (prefers-color-scheme: dark) { .a { color: red } }", "", None),
        ("@media print { .a { color: red } }", "", None),
        ("@media screen { .a { color: red } }", "", "red"),
        (".b { color: blue }.a{color:red}", "", "red"),
    ],
)
def test_the_cascade(css: str, inline: str, wanted: str | None) -> None:
    path = [Element("div", frozenset({"box"})), Element("div", frozenset()), Element("p", frozenset({"a"}))]
    sheet = Sheet(style_rules(f"<style>{css}</style>"), frozenset())
    assert sheet.cascade(declarations(inline), path).get("color") == wanted


def test_a_background_sets_the_ground_and_a_later_one_wins() -> None:
    assert declarations("background:#fff url(x) no-repeat")["background-color"] == ("#fff", False)
    assert declarations("background-color:#fff;background:none")["background-color"] == ("none", False)
    assert declarations("background:linear-gradient(red, blue)")["background-color"][0].startswith("linear-gradient(")


@given(st.text(alphabet="<>{}/\"'=:;.,!@ abpdivstyle-#0f", max_size=200), st.text(alphabet="<>{}/\"'=:;.,!@ abpdivstyle-#0f", max_size=200))
def test_no_text_makes_the_reader_of_pages_raise(css: str, html: str) -> None:
    tags, texts = split(html)
    page = Page(Sheet(style_rules(f"<style>{css}</style>"), frozenset({"dark"}))).read(tags, filled(texts))
    assert len(page.seen) <= len(re.findall(r"[^<>]+", html))
