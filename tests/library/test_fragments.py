"""A letter put together from fragments is byte for byte the letter compiled whole."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.fragment import Compiled
from composer.library import open_library
from composer.library.compile import whole_document
from composer.library.layout_file import LayoutFile
from composer.library.module_file import ModuleFile
from composer.library.opening import read_files
from composer.library.sources import make_sources
from composer.render.head import FLUID, merge_head, split_head
from tests.render.letters import opened

LAYOUT = "newsletter" if "templates/newsletter/newsletter.mjml" in opened().sources.files else "letter"
ODD = """+++
group = "odd"
url = "https://www.example.com/odd"
[en]
subject = "s"
preheader = "p"
title = "t"
body = "b"
cta = "c"
+++
"""
BODIES = {
    "image": '<mj-section><mj-column><mj-image src="https://www.example.com/a.png" alt="[[ title ]]" width="9px" fluid-on-mobile="true" />'
    '<mj-button href="{{ link }}">[[ cta ]]</mj-button></mj-column></mj-section>',
    "thirds": '<mj-section><mj-column width="33.33%"><mj-text>[[ title ]]</mj-text></mj-column><mj-column width="200px"><mj-text>[[ body ]]'
    '</mj-text></mj-column><mj-group width="25%"><mj-column><mj-text>x</mj-text></mj-column></mj-group></mj-section>',
    "hero": '<mj-hero mode="fixed-height" height="120px" background-color="#0d2f3b"><mj-text>[[ title ]]</mj-text></mj-hero>',
    "wide": '<mj-section full-width="full-width" background-color="#0d2f3b"><mj-column><mj-text>{% if company %}{{ company }}{% endif %}'
    '</mj-text></mj-column></mj-section><mj-wrapper><mj-section><mj-column width="10%" /></mj-section></mj-wrapper>',
}


@cache
def everything() -> tuple[LayoutFile, dict[str, ModuleFile], Compiled]:
    """The repository's modules and some with unusual heads, with what they compile to."""
    files = {**opened().sources.files, **{f"modules/odd/{name}.mjml": ODD + body for name, body in BODIES.items()}}
    sources = make_sources(files)
    layouts, modules = read_files(sources)
    return layouts[0], {module.module.name: module for module in modules}, open_library(sources).compiled


def assembled(names: list[str], language: str) -> str:
    _, _, compiled = everything()
    frame = compiled.frames[LAYOUT, language]
    fragments = [compiled.fragments[name, language, "plain", ""] for name in names]
    rules = set(frame.head).union(*(fragment.head for fragment in fragments))
    return "".join((frame.html_start, merge_head(rules), frame.html_open, *(fragment.html for fragment in fragments), frame.html_close))


def whole(names: list[str], language: str) -> str:
    layout, modules, _ = everything()
    return whole_document(layout, [(modules[name], "plain", "", "") for name in names], language)


def names_in(language: str) -> list[str]:
    return sorted(name for name, module in everything()[1].items() if language in module.module.languages)


def test_the_unusual_modules_are_all_there() -> None:
    assert len(names_in("en")) == len(opened().library.modules) + len(BODIES)


@pytest.mark.parametrize("first", sorted(f"odd/{name}" for name in BODIES))
def test_pairs_with_unusual_heads_are_equal_in_either_order(first: str) -> None:
    for second in names_in("en"):
        for pair in permutations((first, second)):
            assert assembled(list(pair), "en") == whole(list(pair), "en")


@given(st.data(), st.sampled_from(("en", "fi")))
def test_any_slate_is_equal(data: st.DataObject, language: str) -> None:
    names = data.draw(st.lists(st.sampled_from(names_in(language)), min_size=1, max_size=6))
    assert assembled(names, language) == whole(names, language)


@given(st.lists(st.sampled_from((FLUID, *(f"mj-column-per-{n} {{ width:{n}% !important; max-width:{n}%; }}" for n in (100, 33, 5, 50))))))
def test_merged_heads_split_into_their_rules_again(rules: list[str]) -> None:
    before = "<x><!--[if lte mso 11]>\n<style>\n.mj-outlook-group-fix { width:100% !important; }\n</style>\n<![endif]-->\n"
    after = '<style type="text/css">.a{color:red}</style>'
    head, found, rest = split_head(before + merge_head(rules) + after)
    assert (set(found), head, rest) == (set(rules), before, after)
