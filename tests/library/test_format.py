"""The format of letters: brand values, parts, styles, and what a module's front matter says beyond its texts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.content import PLAIN, Opening, Voice
from composer.domain.sources import picture_file
from composer.library import OpenLibrary, lint, make_sources, open_library
from composer.library.brand import Look
from composer.library.dress import classes_of, dressed

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\4\0\0\0\2\10\3\0\0\0\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82"
BRAND = """[colours]
ink = "#111111"
[dark]
ink = "#eeeeee"
[type]
size = "16px"
[styles.default]
h2 = "font-size:22px"
[styles.row]
h2 = "font-size:18px"
without = ["picture"]
limits = { title = 70 }
[voice.technical]
roles = ["it"]
[voice.business]
stages = ["renew"]
[en]
greeting_named = "Hi {{ first_name }},"
greeting_plain = "Hello,"
unsubscribe = "Unsubscribe"
shared = "Words of the brand"
"""
HEAD = """<mj-attributes>
  <mj-all color="[[ colours.ink ]]" font-size="[[ type.size ]]" />
  <mj-class name="card" background-color="#ffffff" /><mj-class name="body" /><mj-class name="row-body" padding="1px 25px" />
  <mj-class name="button" inner-padding="14px 20px" font-size="16px" color="#ffffff" background-color="#000000" />
  <mj-class name="picture" />
</mj-attributes>
<mj-style>:root { color-scheme: light dark; } .x { color: [[ dark.ink ]]; }</mj-style>"""
HEADER = """<mj-section><mj-column><mj-text><h1>{{ greeting }}</h1></mj-text><mj-text>
<a href="{{ unsubscribe_url }}" style="display:inline-block;padding:15px 0;">[[ unsubscribe ]]</a></mj-text></mj-column></mj-section>
"""
LINKS = "".join(
    f'<a href="{{{{ {name} }}}}" style="display:inline-block;padding:15px 0;">The {name}</a> '
    for name in ("unsubscribe_url", "preferences_url", "why_url", "view_url", "privacy_url")
)
FOOTER = f"""<mj-section><mj-column>
<mj-text>{LINKS}</mj-text><mj-text>{{{{ sender_name }}}} {{{{ postal_address }}}} [[ shared ]]</mj-text>
</mj-column></mj-section>"""
FOOTER_TEXT = " ".join(
    f"{{{{ {name} }}}}"
    for name in ("unsubscribe_url", "preferences_url", "why_url", "view_url", "privacy_url", "postal_address", "sender_name")
)
LAYOUT = """+++
blocks = [1, 2]
text = '''
{{ greeting }} {{ unsubscribe_url }}

[[ blocks ]]

[[ part.footer ]]
'''
[[slots]]
name = "first"
kinds = ["guide"]
style = "row"
[[slots]]
name = "rest"
[en]
STRING
+++
<mjml lang="[[ language ]]"><mj-head><mj-title>{{ subject }}</mj-title>[[ part.head ]]</mj-head><mj-body>
<mj-raw><div style="display:none;">{{ preheader }}</div></mj-raw>
[[ part.header ]]
<mj-raw>[[ blocks ]]</mj-raw>
[[ part.footer ]]</mj-body></mjml>"""
PARTS = "templates/newsletter/parts/"
FILES = {
    "brand": "templates/newsletter/brand.toml",
    "layout": "templates/newsletter/newsletter.mjml",
    "module": "modules/guide/x.mjml",
}
TEMPLATES = {
    FILES["brand"]: BRAND,
    FILES["layout"]: LAYOUT.replace("STRING", ""),
    f"{PARTS}head.mjml": HEAD,
    f"{PARTS}header.mjml": HEADER,
    f"{PARTS}footer.mjml": FOOTER,
    f"{PARTS}footer.txt": FOOTER_TEXT,
}
BODY = """<mj-section mj-class="card"><mj-column>
<mj-image mj-class="picture" src="[[ picture ]]" alt="[[ alt ]]" />
<mj-text mj-class="body"><h2 style="[[ style.h2 ]]">[[ title ]]</h2>[[ body ]]</mj-text>
<mj-button mj-class="button" href="{{ link }}">[[ cta ]]</mj-button></mj-column></mj-section>"""
FRONT = """+++
group = "people"
url = "https://www.example.com/x"
picture = "storm.png"
bought_within = "30d"
sample = { first_name = "Helmi", company = "Works" }
[url_by_stage]
use = "https://www.example.com/use"
[en]
subject = "A subject"
preheader = "A preheader of the length that phones show beside a subject."
title = "A title"
body = "Words that say one thing."
cta = "See what the page says"
alt = "A storm over pines"
[en.cta_by_stage]
use = "Use what you have today"
renew = "Keep it for another year"
[en.openings.question]
subject = "Is that a question?"
preheader = "Another preheader of the length that phones show beside a subject."
[en.technical]
subject = "A technical subject"
body = "Technical words that say it."
cta = "Read the technical page"
+++
"""


def files(**changed: str) -> dict[str, str]:
    """The small library, with these files written differently."""
    return {**TEMPLATES, FILES["module"]: FRONT + BODY, **{FILES.get(name, PARTS + name): text for name, text in changed.items()}}


def library(**changed: str) -> OpenLibrary:
    found = open_library(make_sources(files(**changed), {}, {"storm.png": PNG}))
    assert [str(finding) for finding in found.findings if finding.severity == "error"] == []
    return found


def errors(made: dict[str, str]) -> list[tuple[str, int, str]]:
    found = lint(make_sources(made, {}, {"storm.png": PNG}))
    return [(finding.file, finding.line, finding.message) for finding in found if finding.severity == "error"]


def test_everything_a_module_says_is_read() -> None:
    found = library()
    (module,) = found.library.modules
    assert (module.picture, module.bought_within) == ("storm.png", timedelta(days=30))
    assert (module.target(""), module.target("use"), module.target("renew")) == (module.url, "https://www.example.com/use", module.url)
    assert module.variants == (PLAIN, "technical")
    assert module.calls == {"en": ("renew", "use")}
    preheader = "A preheader of the length that phones show beside a subject."
    assert module.openings["en"] == {
        PLAIN: Opening("A subject", preheader),
        "technical": Opening("A technical subject", preheader),
        "question": Opening("Is that a question?", "Another preheader of the length that phones show beside a subject."),
    }
    assert found.samples == {"guide/x": {"first_name": "Helmi", "company": "Works"}}


def test_calls_stay_open_in_html_and_text_and_a_stage_wins_over_a_tone() -> None:
    fragments = library().compiled.fragments
    plain, technical = fragments["guide/x", "en", PLAIN, ""], fragments["guide/x", "en", "technical", ""]
    assert plain.html.count("{{ cta }}") == 1
    assert plain.text.endswith("{{ cta }}: {{ link }}")
    stages = {"use": "Use what you have today", "renew": "Keep it for another year"}
    assert plain.ctas == {"": "See what the page says", **stages}
    assert technical.ctas == {"": "Read the technical page", **stages}
    assert "Technical words" in technical.html
    assert "Technical words" in technical.text


def test_a_module_is_compiled_in_the_styles_of_the_slots_that_take_it() -> None:
    made = library().compiled.fragments
    assert {style for _, _, _, style in made} == {"", "row"}
    plain, row = made["guide/x", "en", PLAIN, ""].html, made["guide/x", "en", PLAIN, "row"].html
    assert f'src="{{{{ pictures }}}}/{picture_file("storm.png", PNG)}"' in plain
    assert "<img" not in row
    assert "font-size:22px" in plain
    assert "font-size:18px" in row
    assert ("padding:1px 25px" in plain, "padding:1px 25px" in row) == (False, True)
    assert "#111111" in plain


def test_the_brand_gives_voices_words_and_values() -> None:
    found = library()
    assert found.library.voices == (Voice("business", (), ("renew",)), Voice("technical", ("it",), ()))
    frame = found.compiled.frames["newsletter", "en"]
    assert frame.texts["greeting_plain"] == "Hello,"
    assert "Words of the brand" in frame.html_close
    assert "color: #eeeeee" in frame.html_open + frame.html_start
    assert "{{ privacy_url }}" in frame.text_close
    over = library(layout=LAYOUT.replace("STRING", 'shared = "Words of the layout"'))
    assert "Words of the layout" in over.compiled.frames["newsletter", "en"].html_close


def test_a_picture_has_another_address_when_it_is_redrawn() -> None:
    old = library().compiled.fragments["guide/x", "en", PLAIN, ""].html
    again = open_library(make_sources(files(), {}, {"storm.png": PNG + b"redrawn"}))
    new = again.compiled.fragments["guide/x", "en", PLAIN, ""].html
    assert old.replace(picture_file("storm.png", PNG), picture_file("storm.png", PNG + b"redrawn")) == new


FAULTS = [
    ("footer.mjml", "", "\n\n  <mj-textt>x</mj-textt>", "<mj-textt>", "unknown tag <mj-textt>: did you mean 'mj-text'?"),
    ("header.mjml", "", "[[ colours.inkk ]]", "inkk", "[colours] of brand.toml has no inkk: did you mean 'ink'?"),
    ("footer.mjml", "", "\n[[ part.header ]]", "[[ part", "no part holds another"),
    ("footer.txt", "", "\n{{ nam }}", "{{ nam }}", "unknown merge field 'nam'"),
    ("footer.mjml", "", "\n[[ wordd ]]", "[[ wordd", "unknown key [[ wordd ]]"),
    ("layout", "part.head ", "part.heat ", "part.heat ", "no part heat.mjml: did you mean 'head'?"),
    ("layout", '"row"', '"roww"', "roww", "brand.toml has no [styles.roww]: did you mean 'row'?"),
    ("layout", "[[ part.header ]]", "[[ part.header ]][[ style.h2 ]]", "[[ style", "stands in modules only"),
    ("layout", "[[ blocks ]]\n\n[[ part.footer ]]", "[[ blocks ]]\n\n[[ part.foot ]]", "[[ part.foot ", "no part foot.txt: did you mean"),
    ("module", "style.h2", "style.h3", "style.h3", "[styles.default] of brand.toml has no h3"),
    ("module", "", "\n[[ part.footer ]]", "[[ part", "[[ part.footer ]] stands in layouts only"),
    ("module", "", "\n[[ colour.ink ]]", "[[ colour", "unknown table 'colour': did you mean 'colours'?"),
    ("module", "storm.png", "strom.png", "picture =", "no picture 'strom.png' in templates/pictures: did you mean 'storm.png'?"),
    ("module", 'use = "https', 'use = "http', "use = ", "use must be a whole https:// address"),
    ("module", "first_name =", "firstname =", "sample =", "unknown merge field 'firstname' in sample"),
    ("module", '"30d"', "30", "bought_within", 'bought_within is a length like "30d"'),
    ("module", 'subject = "Is that a question?"\n', "", "[en.openings", "has a subject and a preheader, and nothing else"),
    ("module", "openings.question", "openings.technical", "[en.openings", "'technical' is an opening already"),
    ("module", '"Keep it for another year"', "7", "renew =", "cta_by_stage.renew is a text"),
    ("brand", '"font-size:18px"', "[1]", "h2 = [1]", "styles.row.h2 is a text"),
    ("brand", '["picture"]', '"picture"', "without", "without is a list of mj-class names"),
    ("brand", "title = 70", "title = 'x'", "limits", "limits is characters by key"),
    ("brand", 'roles = ["it"]', 'role = ["it"]', "role =", "a voice has roles and stages"),
    ("brand", "[type]", "[typo]", "[typo]", "unknown table 'typo': did you mean 'type'?"),
    ("brand", "{{ first_name }}", "{{ first_nam }}", "first_nam ", "unknown merge field 'first_nam'"),
    ("brand", "", "= x", "= x", "the file is not TOML"),
]


@pytest.mark.parametrize(("name", "old", "new", "mark", "said"), FAULTS)
def test_a_fault_is_told_where_it_stands(name: str, old: str, new: str, mark: str, said: str) -> None:
    file = FILES.get(name, PARTS + name)
    before = files()[file]
    assert old in before
    text = before.replace(old, new, 1) if old else before + new
    found = errors(files(**{name: text}))
    line = text[: text.index(mark)].count("\n") + 1
    assert any((told, at) == (file, line) and said in message for told, at, message in found), found


def test_a_part_in_two_layouts_is_told_once() -> None:
    made = files(**{"footer.mjml": FOOTER + "\n<mj-textt>x</mj-textt>"})
    made["templates/newsletter/second.mjml"] = made["templates/newsletter/newsletter.mjml"]
    assert len([line for line in errors(made) if "mj-textt" in line[2] and line[0] == f"{PARTS}footer.mjml"]) == 1


def test_without_a_brand_a_layout_stands_alone() -> None:
    layout = LAYOUT.replace("STRING", BRAND.split("[en]\n")[1]).replace('style = "row"\n', "")
    for name, text in (("head", HEAD), ("header", HEADER), ("footer", FOOTER)):
        layout = layout.replace(f"[[ part.{name} ]]", text if name != "footer" else FOOTER_TEXT, 1)
    layout = layout.replace("[[ part.footer ]]", FOOTER).replace("[[ colours.ink ]]", "#111111").replace("[[ type.size ]]", "16px")
    layout = layout.replace("[[ dark.ink ]]", "#eeeeee")
    body = BODY.replace("[[ style.h2 ]]", "margin:0")
    made = {"templates/newsletter/newsletter.mjml": layout, "modules/guide/x.mjml": FRONT + body}
    assert errors(made) == []
    found = open_library(make_sources(made, {}, {"storm.png": PNG}))
    assert {key[3] for key in found.compiled.fragments} == {""}
    assert found.library.voices == ()


CLASSES = classes_of('<mj-class name="card" /><mj-class name="row-card" color="x" /><mj-class color="y" name="row-body" />')
CASES = [
    ('<mj-section mj-class="card">', '<mj-section mj-class="row-card">'),
    ('<mj-text mj-class="quiet body">', '<mj-text mj-class="quiet row-body">'),
    ("<mj-text color='a>b' mj-class='body'>", "<mj-text color='a>b' mj-class='row-body'>"),
    ('<p mj-class="card">', '<p mj-class="card">'),
    ('a mj-class="card" b', 'a mj-class="card" b'),
    ('<mj-image mj-class="picture" />x', "x"),
    ('<mj-image mj-class="picture">\n</mj-image>x', "\nx"),
    ('<mj-column><mj-column mj-class="picture"><mj-column></mj-column>\n</mj-column>x</mj-column>', "<mj-column>\nx</mj-column>"),
    ('<p style="[[ style.h2 ]]">[[ style.other ]] [[ title ]]', '<p style="a:b">[[ style.other ]] [[ title ]]'),
]


@pytest.mark.parametrize(("body", "made"), CASES)
def test_a_style_changes_classes_values_and_what_is_left_out(body: str, made: str) -> None:
    assert dressed(body, Look("row", {"h2": "a:b"}, frozenset({"picture"})), CLASSES) == made


@given(st.lists(st.sampled_from([body for body, _ in CASES[:-1]]), max_size=5).map("".join))
def test_the_plain_style_changes_nothing_and_lines_stay_in_place(body: str) -> None:
    assert dressed(body, Look(), CLASSES) == body
    assert dressed(body, Look("row", {}, frozenset({"picture"})), CLASSES).count("\n") == body.count("\n")
