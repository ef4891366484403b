"""A letter put together from fragments is byte for byte the letter compiled whole."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.fragment import Compiled
from composer.library import open_library, with_files
from composer.library.compile import whole_document
from composer.library.layout_file import LayoutFile
from composer.library.module_file import ModuleFile
from composer.library.opening import read_files
from composer.render.fields import environment
from composer.render.head import FLUID, merge_head, split_head
from tests.kept import KEPT
from tests.render.letters import opened

ODD = """+++
group = "odd"
url = "https://www.example.com/odd"
[en]
subject = "s"
preheader = "p"
title = "Title & <u>"
body = "Body of some words"
cta = "c & 'd' \\"e\\""
[en.cta_by_stage]
use = "<b> {now} & \\"then\\""
+++
"""
TEXT = '<mj-text mj-class="title">'
BODIES = {
    "image": '<mj-section><mj-column><mj-image src="https://www.example.com/a.png" alt="[[ cta ]]" width="9px" fluid-on-mobile="true" />'
    f'<mj-button mj-class="button" href="{{{{ link }}}}">[[ cta ]]</mj-button>{TEXT}[[ body ]]</mj-text></mj-column></mj-section>',
    "thirds": f'<mj-section><mj-column width="33.33%">{TEXT}[[ title ]]</mj-text></mj-column><mj-column width="200px">{TEXT}[[ body ]]'
    f'</mj-text></mj-column><mj-group width="25%"><mj-column>{TEXT}[[ cta ]]</mj-text></mj-column></mj-group></mj-section>',
    "wide": f'<mj-section full-width="full-width"><mj-column>{TEXT}{{% if company %}}{{{{ company }}}}{{% endif %}}'
    '[[ cta ]] [[ body ]]</mj-text></mj-column></mj-section><mj-wrapper><mj-section><mj-column width="10%" /></mj-section></mj-wrapper>',
}

Block = tuple[str, str, str, str]
"""Module, variant, style, call."""


@cache
def everything() -> tuple[dict[str, LayoutFile], dict[str, ModuleFile], Compiled]:
    """The repository's modules and some with unusual heads, with what they compile to."""
    sources = with_files(opened().sources, {f"modules/odd/{name}.mjml": ODD + body for name, body in BODIES.items()})
    layouts, modules = read_files(sources)
    return {file.layout.name: file for file in layouts}, {file.module.name: file for file in modules}, open_library(sources, KEPT).compiled


def bound(html: str, call: str) -> str:
    """Merge the call to action as a letter does, and leave every other field open."""
    marked = html.replace("{{ cta }}", "\0")
    return marked.replace("\0", environment(html=True).from_string("{{ cta }}").render(cta=call))


def assembled(layout: str, blocks: list[Block], language: str) -> str:
    _, _, compiled = everything()
    frame = compiled.frames[layout, language]
    fragments = [compiled.fragments[name, language, variant, style] for name, variant, style, _ in blocks]
    rules = set(frame.head).union(*(fragment.head for fragment in fragments))
    bodies = [
        bound(fragment.html, fragment.ctas.get(call, fragment.ctas.get("", "")))
        for fragment, (_, _, _, call) in zip(fragments, blocks, strict=True)
    ]
    return "".join((frame.html_start, merge_head(rules), frame.html_open, *bodies, frame.html_close))


def whole(layout: str, blocks: list[Block], language: str) -> str:
    layouts, modules, _ = everything()
    return whole_document(layouts[layout], [(modules[name], *rest) for name, *rest in blocks], language)  # type: ignore[misc]


def names_in(language: str) -> list[str]:
    return sorted(name for name, module in everything()[1].items() if language in module.module.languages)


def test_the_unusual_modules_are_all_there() -> None:
    assert len(names_in("en")) == len(opened().library.modules) + len(BODIES)


@pytest.mark.parametrize("first", sorted(f"odd/{name}" for name in BODIES))
def test_pairs_with_unusual_heads_are_equal_in_either_order(first: str) -> None:
    for second in names_in("en"):
        for one, other in permutations((first, second)):
            blocks = [(one, "plain", "", "use"), (other, "plain", "", "")]
            assert assembled("newsletter", blocks, "en") == whole("newsletter", blocks, "en")


@given(st.data())
def test_any_slate_is_equal_in_any_layout_style_tone_and_call(data: st.DataObject) -> None:
    layout = data.draw(st.sampled_from(sorted(everything()[0])))
    language = data.draw(st.sampled_from(everything()[0][layout].layout.languages))
    blocks = []
    for _ in range(data.draw(st.integers(1, 6))):
        name = data.draw(st.sampled_from(names_in(language)))
        keys = sorted(key[2:] for key in everything()[2].fragments if key[:2] == (name, language))
        variant, style = data.draw(st.sampled_from(keys))
        calls = sorted(everything()[2].fragments[name, language, variant, style].ctas)
        blocks.append((name, variant, style, data.draw(st.sampled_from(["", *calls, "elsewhere"]))))
    assert assembled(layout, blocks, language) == whole(layout, blocks, language)


def test_every_fragment_stands_in_its_letter_as_in_the_whole_one() -> None:
    """Each module in each language, tone and style, with each call once; bench/equality does all pairs of them."""
    _, _, compiled = everything()
    for number, (name, language, variant, style) in enumerate(sorted(compiled.fragments)):
        calls = ["", *sorted(compiled.fragments[name, language, variant, style].ctas)]
        blocks = [(name, variant, style, calls[number % len(calls)])]
        assert assembled("newsletter", blocks, language) == whole("newsletter", blocks, language), blocks


def test_a_call_reaches_the_letter_escaped_once() -> None:
    letter = assembled("newsletter", [("odd/image", "plain", "", "use")], "en")
    assert letter.count("&lt;b&gt; {now} &amp; &#34;then&#34;") == 2
    assert "&amp;amp;" not in letter


@given(st.lists(st.sampled_from((FLUID, *(f"mj-column-per-{n} {{ width:{n}% !important; max-width:{n}%; }}" for n in (100, 33, 5, 50))))))
def test_merged_heads_split_into_their_rules_again(rules: list[str]) -> None:
    before = "<x><!--[if lte mso 11]>\n<style>\n.mj-outlook-group-fix { width:100% !important; }\n</style>\n<![endif]-->\n"
    after = '<style type="text/css">.a{color:red}</style>'
    head, found, rest = split_head(before + merge_head(rules) + after)
    assert (set(found), head, rest) == (set(rules), before, after)
