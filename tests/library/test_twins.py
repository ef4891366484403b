"""The text twin of every block says what its HTML says: the same links and the same numbers, in every style, tone and language."""

from __future__ import annotations

import itertools
import re
from html import unescape

import pytest

from composer.library import lint, make_sources, with_files
from composer.library.brand import Look
from composer.library.opening import read_files
from composer.library.twin import twin
from tests.library.small import BRAND
from tests.render.letters import opened

BLOCKS = opened().compiled.fragments
KEYS = sorted({(style, language) for _, language, _, style in BLOCKS})
_LINK = re.compile(r"\{\{ link \}\}\S*")
NUMBER = re.compile(r"\d+(?:[\u00a0.,:]\d+)*")


def numbers(text: str) -> set[str]:
    """Every number, time and sum as it is written; [[ ]] and {{ }} hold none."""
    return {" ".join(found.split()) for found in NUMBER.findall(text)}


def shown(html: str) -> str:
    """What a reader sees of a fragment."""
    counted = re.sub(r"<ol.*?</ol>", lambda found: _numbered(found[0]), html, flags=re.DOTALL)
    bare = re.sub(r"<!--.*?-->|<[^>]*>", " ", counted, flags=re.DOTALL)
    return unescape(bare)


def _numbered(items: str) -> str:
    count = itertools.count(1)
    return re.sub(r"<li", lambda _: f"{next(count)}. <li", items)


@pytest.mark.parametrize(("style", "language"), KEYS)
def test_links_are_the_same(style: str, language: str) -> None:
    for (module, spoken, tone, worn), block in BLOCKS.items():
        if (worn, spoken) == (style, language):
            linked = set(re.findall(r'href="([^"]*)"', block.html))
            assert (module, tone, set(re.findall(r"(\{\{ link \}\}\S*|https://\S+)", block.text))) == (module, tone, linked)


@pytest.mark.parametrize(("style", "language"), KEYS)
def test_numbers_and_dates_are_the_same(style: str, language: str) -> None:
    for (module, spoken, tone, worn), block in BLOCKS.items():
        if (worn, spoken) == (style, language):
            assert (module, tone, numbers(_LINK.sub(" ", block.text))) == (module, tone, numbers(shown(block.html)))


def test_a_row_says_in_text_what_it_says_in_html() -> None:
    block = BLOCKS["seasonal/year-end", "en", "business", "row"]
    assert block.text.split("\n\n") == [
        "Early figures are worth an early start\nBefore the books close",
        "Three jobs that need not wait for the closing. One of them is about taxi receipts.",
        "{{ cta }}: {{ link }}",
    ]


def test_a_row_keeps_every_answer_of_a_survey_and_no_line_for_words_a_module_has_not() -> None:
    modules = {file.module.name: file for file in read_files(opened().sources)[1]}
    row = Look("row", text="[[ title ]]\n[[ kicker ]]\n\n[[ preheader ]]\n\n[[ links ]]")
    answers = "\n".join(f"- [[ answer_{to} ]]: {{{{ link }}}}?a={to}" for to in ("production", "people", "finance", "it"))
    assert twin(modules["survey/what-next"], row) == f"[[ title ]]\n[[ kicker ]]\n\n[[ preheader ]]\n\n{answers}"
    assert twin(modules["thanks/for-your-order"], row) == "[[ title ]]\n\n[[ preheader ]]\n\n[[ cta ]]: {{ link }}"


def test_a_twin_whose_condition_would_be_torn_is_refused() -> None:
    file = "modules/guide/first-week.mjml"
    whole = opened().sources.files[file]
    torn = whole.replace("[[ cta ]]: {{ link }}\n", "{% if company %}\n[[ cta ]]: {{ link }}\n{% endif %}\n")
    cut = whole.replace("[[ cta ]]: {{ link }}\n", "{% if company %}[[ cta ]]: {{ link }}\n{% endif %}\n")
    assert torn != whole != cut
    assert lint(with_files(opened().sources, {file: torn})) == ()
    (found,) = lint(with_files(opened().sources, {file: cut}))
    assert (found.file, found.severity) == (file, "error")
    assert found.message.startswith("the text twin of style 'row' takes the lines with links from this one: ")


@pytest.mark.parametrize(
    ("style", "line", "told"),
    [
        ("lead", 'text = "[[ title ]]"', "write [[ links ]] once, on a line of its own"),
        ("lead", "text = '''\n[[ titel ]]\n[[ links ]]\n'''", "unknown key [[ titel ]] in a style's text: did you mean 'title'?"),
        ("lead", "text = '''\n{{ nam }}\n[[ links ]]\n'''", "unknown merge field 'nam'"),
        ("default", 'text = "[[ links ]]"', "in the default one stands what each module wrote"),
        ("lead", 'cell = "color:[[ colours.rul ]];"', "brand.toml has no colours.rul"),
    ],
)
def test_what_is_wrong_with_a_style_is_told(style: str, line: str, told: str) -> None:
    brand = BRAND.replace(f"[styles.{style}]", f"[styles.{style}]\n{line}")
    assert [finding for finding in lint(make_sources({"templates/newsletter/brand.toml": brand})) if told in finding.message]


def test_a_colour_of_the_styles_is_changed_where_colours_stand() -> None:
    files = {name: text for name, text in opened().sources.files.items() if name.startswith("templates/")}
    styles = files["templates/newsletter/brand.toml"].partition("[styles.default]")[2]
    assert not re.search(r"#[0-9a-f]{6}", styles)
    assert "border-top:1px solid #dcdbd2" in BLOCKS["roi/late-order", "en", "plain", ""].html
