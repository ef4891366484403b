"""A hostile file is refused by its name and line, through the real compiler; everything else goes out as before."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from time import process_time

import pytest

from composer.domain.sources import Sources
from composer.errors import UsageError
from composer.library import lint, make_sources, open_library, with_files
from composer.library.brand import FILE as BRAND
from tests.kept import KEPT
from tests.render.letters import opened

FRONT = """+++
group = "people"
url = "https://www.example.com/x"
[en]
subject = "A subject"
preheader = "A preheader of the length that phones show beside a subject."
title = "A title"
body = "Words that say one thing."
cta = "Go on to the page"
+++
"""
OPEN = '<mj-section mj-class="card"><mj-column>\n<mj-text mj-class="body">[[ title ]] [[ body ]]'
CLOSE = '</mj-text>\n<mj-button mj-class="button" href="{{ link }}">[[ cta ]]</mj-button></mj-column></mj-section>'
NAME = "modules/guide/hostile.mjml"

IN_TEXT = {
    "20,000 nested divs": "<div>" * 20_000 + "</div>" * 20_000,
    "20,000 open divs": "<div>" * 20_000,
    "endless loop": "{% for i in range(10 ** 9) %}x{% endfor %}",
    "loop over nothing known": "{% for i in iter(int, 1) %}x{% endfor %}",
    "half a gigabyte": "{{ 'a' * 500000000 }}",
    "half a gigabyte of format": "{{ '%500000000s' % 1 }}",
    "include in text": '<mj-include path="/etc/passwd" />',
    "include in raw": '</mj-text><mj-raw>\n<mj-include path="/etc/passwd" /></mj-raw><mj-text mj-class="body">x',
    "include of styles": '</mj-text></mj-column></mj-section><mj-include path="/etc/passwd" type="css" /><mj-section><mj-column><mj-text>x',
    "include behind a comment": '<!-- x --><mj-include path="file:///proc/self/environ" />',
    "template include": "{% include '/etc/passwd' %}",
    "template import": "{% import 'config.toml' as c %}{{ c }}",
    "environment": "{{ environ['HOME'] }}",
    "configuration": "{{ config }}",
    "classes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "self": "{{ self.__init__.__globals__ }}",
    "cycler": "{{ cycler.__init__.__globals__.os.environ }}",
    "loaded script": "<script src='https://evil.example/x.js'></script>",
    "handler": '<p onclick="x()">x</p>',
}
WHOLE = {
    "5,000 wrappers": "<mj-wrapper>" * 5_000 + "</mj-wrapper>" * 5_000,
    "10 MB": OPEN + "x" * 10_000_000 + CLOSE,
    "10 MB of tags": "<mj-section><mj-column></mj-column></mj-section>\n" * 200_000,
    "a whole document": f"<mjml><mj-body>{OPEN}{CLOSE}</mj-body></mjml>",
    "a body of its own": f"</mj-body></mjml>{OPEN}{CLOSE}",
    "more texts than fit": OPEN + '<p style="color:#aaaaaa">w</p>' * 1400 + CLOSE,
    "20,000 attributes": OPEN.replace("<mj-text", "<mj-text" + ' a="b"' * 20_000) + CLOSE,
    "mj-hero": f"<mj-hero>{OPEN[OPEN.index('<mj-text') :]}</mj-text></mj-hero>",
    "colours that are none": OPEN + '<p style="color:rgba(1.2.3,4..5,.)">w</p>' + CLOSE,
    "markers of ours": "<!--composer:close-->" + OPEN + CLOSE,
}


def refused(sources: Sources, file: str) -> list[tuple[int, str]]:
    """Open the library and return what is said of the file; every module but a bad one stays as it was."""
    found = open_library(sources, KEPT)
    assert found.library.names == opened().library.names
    assert found.compiled.fragments == opened().compiled.fragments
    return [(finding.line, finding.message) for finding in found.findings if finding.file == file and finding.severity == "error"]


@pytest.mark.parametrize("attack", IN_TEXT)
def test_a_hostile_text_is_refused_with_its_line(attack: str) -> None:
    said = refused(with_files(opened().sources, {NAME: FRONT + OPEN + IN_TEXT[attack] + CLOSE}), NAME)
    assert said
    assert all(line > FRONT.count("\n") and len(message) < 400 for line, message in said), said


@pytest.mark.parametrize("attack", WHOLE)
def test_a_hostile_body_is_refused(attack: str) -> None:
    assert refused(with_files(opened().sources, {NAME: FRONT + WHOLE[attack]}), NAME)


HEADS = {
    "nested arrays": "topics = " + "[" * 20_000,
    "a key of 100,000 parts": "a." * 100_000 + "a = 1",
    "a number of 5,000 digits": "months = [" + "9" * 5_000 + "]",
    "a table of blanks": "[" + " " * 100_000,
    "the last day there is": "valid_until = 9999-12-31",
    "a day before the first": "valid_from = 0001-01-01T00:00:00+05:00",
}


@pytest.mark.parametrize("attack", HEADS)
def test_a_hostile_front_matter_is_refused(attack: str) -> None:
    text = FRONT.replace("+++\n", f"+++\n{HEADS[attack]}\n", 1) + OPEN + CLOSE
    assert refused(with_files(opened().sources, {NAME: text}), NAME)


@pytest.mark.parametrize("blanks", ["color:x {} y", "color: {}!important", "Re {} x", "{}a", "https://[::1 {}"])
def test_a_long_or_broken_text_costs_no_time_and_breaks_nothing(blanks: str) -> None:
    text = blanks.format(" " * 8_000)
    module = FRONT.replace('title = "A title"', f'title = "{text}"\nlong = "{text}"').replace(
        "[en]", f'text = """[[ title ]]{" " * 8_000}: {{{{ link }}}}"""\n[en]'
    )
    started = process_time()
    refused(with_files(opened().sources, {NAME: module + OPEN + f'<p style="{text}" {"a" * 8_000}>[[ long ]]</p>' + CLOSE}), NAME)
    assert process_time() - started < 1


def test_a_template_cannot_read_the_environment_by_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSER_SMTP__PASSWORD", "s3cr3t")
    text = FRONT.replace("Words that say", "{{ environ }} ${COMPOSER_SMTP__PASSWORD} %COMPOSER_SMTP__PASSWORD% say")
    found = open_library(with_files(opened().sources, {NAME: text + OPEN + CLOSE}), KEPT)
    assert "s3cr3t" not in repr(found)
    assert "guide/hostile" not in found.library.names


@pytest.mark.parametrize("part", ["head", "header", "footer"])
@pytest.mark.parametrize("text", ['<mj-include path="/etc/passwd" />', "<mj-raw><mj-include path='x' /></mj-raw>", "{{ environ }}"])
def test_an_include_in_a_part_is_refused_where_it_stands_in_the_part(part: str, text: str) -> None:
    file = f"templates/newsletter/parts/{part}.mjml"
    before = opened().sources.files[file].rstrip()
    # Every layout holds the part, so none is left; the reason names the part.
    with pytest.raises(UsageError, match=r"mj-include is refused|unknown merge field") as raised:
        open_library(_templates({file: before + "\n" + text}))
    assert str(raised.value.where).startswith(f"{file}:{before.count(chr(10)) + 2}:")


COLOURS = ('#fff" onload="x', "#fff;background:url(https://evil.example)", "{{ environ }}", "[[ part.head ]]", "red", "#12345", "")
FONTS = (
    'Arial" Helvetica',
    "Arial > Helvetica",
    'Arial" onload="x',
    "Arial</style><script>",
    "url(https://evil.example/x)",
    "Arial; background: red",
    "Arial{}",
    "Arial\\0022",
    "{{ company }}",
    "[[ title ]]",
    "a\nb",
    "//evil.example",
)
STYLES = (
    'margin:0" b',
    'margin:0" onclick="x',
    "background:url(x)",
    "width:expression(x)",
    "a}b{",
    "color:red;behavior:javascript:x",
    "a<b",
)
VALUES = [
    *(("colours", "accent", value, "colours.accent is no colour") for value in COLOURS),
    *(("dark", "accent", value, "dark.accent is no colour") for value in COLOURS),
    *(("type", "font", value, "type.font holds") for value in FONTS),
    *(("styles.default", "h2", value, "styles.default.h2 holds") for value in STYLES),
]


@pytest.mark.parametrize(("table", "key", "value", "said"), VALUES)
def test_a_brand_value_that_could_leave_its_place_is_refused_with_its_line(table: str, key: str, value: str, said: str) -> None:
    lines = opened().sources.files[BRAND].split("\n")
    at = next(number for number, line in enumerate(lines) if number > lines.index(f"[{table}]") and re.match(rf"{key}\s*=", line))
    lines[at] = f"{key} = {json.dumps(value)}"
    sources = _templates({BRAND: "\n".join(lines)})
    found = lint(sources)
    assert [(finding.file, finding.line, said in finding.message) for finding in found] == [(BRAND, at + 1, True)]
    with pytest.raises(UsageError, match=re.escape(said)) as raised:
        open_library(sources)
    assert raised.value.where == f"{BRAND}:{at + 1}:1"


def _templates(files: Mapping[str, str]) -> Sources:
    """The repository's templates without modules, and these files over them."""
    kept = {name: text for name, text in opened().sources.files.items() if name.startswith("templates/")}
    return make_sources(kept | dict(files), {}, opened().sources.pictures)
