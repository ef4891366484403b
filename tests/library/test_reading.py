"""Files become modules; what is wrong with one is told and harms no other."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.content import NEVER_BLOCKS, ContentModule
from composer.errors import UsageError
from composer.library import lint, make_sources, open_library, read_sources
from composer.library.texts import bind_html, bind_text
from tests.render.letters import REPOSITORY, opened

LAYOUT = {name: text for name, text in opened().sources.files.items() if name.startswith("templates/")}
FRONT = """group = "people"
url = "https://www.example.com/x"
{more}
[en]
subject = "A subject"
preheader = "A preheader of the length that phones show beside a subject."
title = "A title"
body = "Words"
cta = "Go on to the page"
"""
BODY = """<mj-section mj-class="card"><mj-column><mj-text mj-class="body">[[ title ]] [[ body ]]</mj-text>
<mj-button mj-class="button" href="{{ link }}">[[ cta ]]</mj-button></mj-column></mj-section>"""


def written(more: str = "", body: str = BODY) -> str:
    """One module file as an author writes it."""
    return "+++\n" + FRONT.format(more=more) + "+++\n" + body


def module(more: str = "", body: str = BODY) -> ContentModule:
    sources = make_sources({**LAYOUT, "modules/guide/x.mjml": written(more, body)})
    found = open_library(sources)
    assert [finding for finding in found.findings if finding.severity == "error"] == []
    return found.library.modules[0]


def test_defaults_are_those_of_the_design() -> None:
    plain = module()
    assert (plain.name, plain.kind, plain.variants, plain.languages) == ("guide/x", "guide", ("plain",), ("en",))
    assert (plain.owned_for, plain.rest, plain.generic, plain.months) == (None, timedelta(days=30), False, ())


def test_every_key_is_read() -> None:
    full = module(
        'topics = ["hr"]\ninterests = ["category:Payroll", "product:P-1"]\nregions = ["Pirkanmaa"]\ncountries = ["FI"]\n'
        'stages = ["use"]\nroles = ["hr"]\nmonths = [1, 12]\nrest = "7d"\nowned_for = "never"\ngeneric = true\n'
        "valid_from = 2026-01-01\nvalid_until = 2026-12-31"
    )
    assert full.interests == ("category:Payroll", "product:P-1")
    assert (full.topics, full.regions, full.countries, full.stages, full.roles) == (("hr",), ("Pirkanmaa",), ("FI",), ("use",), ("hr",))
    assert (full.months, full.rest, full.owned_for, full.generic) == ((1, 12), timedelta(days=7), NEVER_BLOCKS, True)
    assert (full.valid_from, full.valid_until) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def test_a_time_of_validity_is_kept_to_the_second_and_in_utc() -> None:
    assert module("valid_until = 2026-12-31T18:00:00+02:00").valid_until == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert module('owned_for = "56d"').owned_for == timedelta(days=56)


def test_a_missing_language_is_a_warning_and_the_module_stays() -> None:
    sources = make_sources({**LAYOUT, "modules/guide/x.mjml": written()})
    assert [(f.severity, f.message) for f in lint(sources)] == [
        ("warning", "no texts in 'fi': readers of it never see this module; add [fi]")
    ]


def test_a_module_with_an_unasked_name_is_warned_about() -> None:
    sources = make_sources({**LAYOUT, "modules/guide/x.mjml": written().replace('"Words"', '"For {{ company }}"')})
    assert "company may be empty" in "".join(finding.message for finding in lint(sources))


def test_the_version_hangs_on_every_byte_of_the_sources_and_on_nothing_else() -> None:
    one = make_sources({"modules/a/b.mjml": "x", "modules/a/c.mjml": "y"})
    assert one.version == make_sources({"modules/a/c.mjml": "y", "modules/a/b.mjml": "x"}).version
    assert one.version != make_sources({"modules/a/b.mjml": "x", "modules/a/c.mjml": "z"}).version
    assert one.version != make_sources({"modules/a/b.mjmlx": "", "modules/a/c.mjml": "y"}).version


def test_a_missing_folder_is_told_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read_sources(tmp_path / "none", REPOSITORY / "templates")
    assert raised.value.where == "library.modules"


def test_files_that_are_too_large_or_lead_outside_are_told_and_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "modules" / "guide"
    folder.mkdir(parents=True)
    (folder / "large.mjml").write_text("+++\n" + "x" * 600_000)
    (tmp_path / "secret.mjml").write_text("secret")
    (folder / "link.mjml").symlink_to(tmp_path / "secret.mjml")
    sources = read_sources(tmp_path / "modules", REPOSITORY / "templates")
    assert sorted(sources.unreadable) == ["modules/guide/large.mjml", "modules/guide/link.mjml"]
    assert {finding.severity for finding in lint(sources)} == {"error"}


def test_without_a_layout_there_is_no_library() -> None:
    with pytest.raises(UsageError, match="no layout"):
        open_library(make_sources({}))
    assert [finding.file for finding in lint(make_sources({}))] == ["templates/newsletter"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{{ postal_address }}", "", "the frame has no {{ postal_address }}: every letter must carry it"),
        ("<mj-raw>[[ blocks ]]</mj-raw>", "", "write <mj-raw>[[ blocks ]]</mj-raw> once, where the blocks go"),
        ("<h1", "<h2", "the layout has 0 <h1>: a letter has exactly one, in its layout"),
        ('greeting_plain = "Hello,"\n', "", "[en] has no greeting_plain: add it"),
        ("{{ greeting }}</h1>", "{{ link }}</h1>", "unknown merge field 'link'"),
        ("count = [3, 5]", "count = [2, 2]", "the slots hold 5 blocks at most, but blocks asks for up to 6"),
        ("<mj-title>", '<mj-font name="x" href="https://x" /><mj-title>', "mj-font is refused"),
    ],
)
def test_a_layout_that_breaks_a_promise_is_refused(old: str, new: str, said: str) -> None:
    files = {name: text.replace(old, new) for name, text in LAYOUT.items()}
    assert files != LAYOUT
    assert said in "\n".join(finding.message for finding in lint(make_sources(files)))


def test_texts_are_escaped_and_their_fields_stay_open() -> None:
    texts = {"body": 'A & B < C "q" {{ company or "you & me" }} <b>'}
    assert (
        bind_html('<mj-text title="[[ body ]]">', texts)
        == "<mj-text title=\"A &amp; B &lt; C &#34;q&#34; {{ company or 'you & me' }} &lt;b&gt;\">"
    )
    assert bind_text("[[ body ]] [[ other ]]", texts) == 'A & B < C "q" {{ company or "you & me" }} <b> [[ other ]]'


@given(st.text(max_size=200))
def test_no_text_of_a_module_makes_the_linter_raise(text: str) -> None:
    for content in (text, "+++\n" + text, written(body=text), written(more=text)):
        lint(make_sources({"modules/guide/x.mjml": content}))


@given(st.text(alphabet='<>/"= {}%[]mj-textion!', max_size=120))
def test_no_markup_makes_the_linter_raise(markup: str) -> None:
    lint(make_sources({**LAYOUT, "modules/guide/x.mjml": written(body=BODY.replace("[[ body ]]", markup))}))


@pytest.mark.parametrize(
    "attack",
    [
        "<div>" * 20_000,
        "<mj-wrapper>" * 5_000,
        "<br>" * 20_000,
        "<a " * 100_000,
        "<" * 300_000,
        "<!--" * 100_000,
        '<a b="' * 80_000,
        "{{" * 200_000,
        "{%" * 200_000,
        "[[" * 200_000,
        "x" * 500_000,
        "{{ 'a'*500000000 }}",
        "{% if first_name %}" * 5_000,
        "&" * 400_000,
    ],
    ids=lambda attack: attack[:12],
)
def test_an_attack_on_the_compiler_ends_as_a_finding(attack: str) -> None:
    sources = make_sources({**LAYOUT, "modules/guide/x.mjml": written(body=BODY.replace("[[ body ]]", attack))})
    assert any(finding.severity == "error" and finding.file == "modules/guide/x.mjml" for finding in lint(sources))


def test_files_that_cannot_be_read_are_told_and_break_nothing(tmp_path: Path) -> None:
    modules, pictures = tmp_path / "modules", tmp_path / "templates" / "pictures"
    for folder in (modules, pictures, tmp_path / "templates" / "newsletter"):
        folder.mkdir(parents=True)
    (modules / "loop.mjml").symlink_to("loop.mjml")
    (pictures / "loop.png").symlink_to("loop.png")
    os.mkfifo(pictures / "pipe.png")
    Path(os.fsdecode(bytes(modules) + b"/\xff.mjml")).write_text("x")
    sources = read_sources(modules, tmp_path / "templates")
    assert not sources.files
    assert not sources.pictures
    assert set(sources.unreadable) == {
        "modules/loop.mjml",
        "modules/\\udcff.mjml",
        "templates/pictures/loop.png",
        "templates/pictures/pipe.png",
    }
    assert len(lint(sources)) == 5  # and no layout
