"""`modules lint --fix`: what is sure is corrected, nothing else in the file changes, and no correction makes a file worse."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.library import LintFinding, Sources, lint, make_sources
from composer.library.finding import Edit
from composer.library.fixing import Corrected, as_read, correct, fix
from composer.library.vocabulary import ATTRIBUTES, one_near
from tests.library.small import BODY, MODULE, TEMPLATES, swapped, written

SITE = "https://www.example.com"
GOOD = written(body=BODY.replace("[[ body ]]", '[[ body ]] See <a href="https://www.example.com/y">the year</a> too.'))
SLIPS = [
    ("<mj-section mj", "<mj-sectoin mj"),
    ("</mj-section>", "</mj-secton>"),
    ("<mj-column>", "<mj-colum>"),
    ("</mj-button>", "</mj-buttn>"),
    ('mj-class="button"', "mj-class=button"),
    ('mj-class="card"', 'mj-clas="card"'),
    ('mj-class="card"', 'mj-class="crad"'),
    ("https://www.example.com/y", "http://www.example.com/y"),
    ('url = "https://www.example.com/x"', 'url = "http://www.example.com/x"'),
    ("</mj-column>", "</mj-column>  \t"),
    ('subject = "A subject of some words"', 'subject = "A subject of some words" '),
    ("<h2 style", "<h2 syle"),
]


def corrected(text: str) -> tuple[bytes, Corrected, Sources]:
    sources = make_sources({**TEMPLATES, MODULE: as_read(text.encode())})
    made = correct(sources, {MODULE: text.encode()}, SITE)
    return made.contents.get(MODULE, text.encode()), made, sources


def errors(findings: tuple[LintFinding, ...]) -> int:
    return sum(finding.severity == "error" for finding in findings)


@pytest.mark.parametrize(("right", "wrong"), [slip for slip in SLIPS if slip[0] != "<h2 style"])
def test_a_sure_slip_is_corrected_to_the_byte(right: str, wrong: str) -> None:
    content, made, sources = corrected(swapped(right, wrong, GOOD))
    assert lint(sources) != ()
    assert content.decode() == GOOD
    assert made.answered != []
    assert made.findings == ()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('href="{{ link }}"', "href={{ link }}"),  # where the value ends is a guess
        ("https://www.example.com/y", "http://elsewhere.example/y"),  # whether it answers to https is theirs to know
        ("<h2 style", "<h9 style"),  # one letter from h1, h2, h3 and h4
        ("<mj-column>", "<mj-clomn>"),  # two slips
        ("<mj-column>", '<mj-column width="50%" widht="50%">'),  # the right attribute is there already
        ('title = "A title of some words"', "title = '''A title  \nof some words'''"),  # spaces inside a text may be meant
        ("[[ title ]]</h2>", "[[ titel ]]</h2>"),
        ("[[ body ]]", '[[ body ]]<img src="https://x.example.com/a.png" width="9" height="9" />'),  # nobody else knows what it shows
    ],
)
def test_what_is_not_sure_is_left_to_the_author(right: str, wrong: str) -> None:
    text = swapped(right, wrong, GOOD)
    content, made, _ = corrected(text)
    assert content.decode() == text
    assert made.contents == {}


@given(st.lists(st.sampled_from(SLIPS), unique=True), st.booleans(), st.booleans())
def test_all_slips_together_end_as_the_good_file(slips: list[tuple[str, str]], mark: bool, crlf: bool) -> None:
    text, good = GOOD, GOOD
    for right, wrong in slips:
        text = text.replace(right, wrong, 1)
    if crlf:
        text, good = text.replace("\n", "\r\n"), good.replace("\n", "\r\n")
    before = codecs.BOM_UTF8 if mark else b""
    raw = before + text.encode()
    made = correct(make_sources({**TEMPLATES, MODULE: as_read(raw)}), {MODULE: raw}, SITE)
    content = made.contents.get(MODULE, raw)
    if ("<h2 style", "<h2 syle") not in slips:
        assert content == before + good.encode()
    # Doing it again does nothing.
    again = correct(make_sources({**TEMPLATES, MODULE: as_read(content)}), {MODULE: content}, SITE)
    assert (again.contents, again.answered) == ({}, [])


@given(st.text(alphabet='<>/"= mj-sectionxhrefhttp:\n\t[]{}', max_size=60), st.integers(0, len(GOOD)), st.integers(0, 12))
def test_no_correction_of_any_file_brings_an_error_and_doing_it_twice_is_doing_it_once(noise: str, at: int, cut: int) -> None:
    text = GOOD[:at] + noise + GOOD[at + cut :]
    content, made, sources = corrected(text)
    assert errors(made.findings) <= errors(lint(sources))
    if made.contents:
        again = correct(make_sources({**TEMPLATES, MODULE: as_read(content)}), {MODULE: content}, SITE)
        assert again.contents == {}
        assert again.findings == made.findings
    else:
        assert content.decode() == text


def test_a_correction_that_brings_more_errors_to_light_is_left_to_the_author() -> None:
    text = swapped('<mj-text mj-class="body">[[ body ]]', '<mj-txt first="1" second="2" third="3" fourth="4" fifth="5">[[ body ]]', GOOD)
    text = swapped(" too.</mj-text>", " too.</mj-txt>", text)
    content, made, sources = corrected(text)
    assert content.decode() == text
    assert made.left == [MODULE]
    assert made.findings == lint(sources)


def test_an_edit_is_made_only_where_the_file_still_holds_what_was_seen() -> None:
    finding = LintFinding("a.mjml", 2, 3, "error", "x", (Edit("a.mjml", 2, 3, "old", "new"),))
    assert fix("a.mjml", b"1\n--old--\n", [finding], SITE).content == b"1\n--new--\n"
    for other in (b"1\n--odl--\n", b"--old--\n", b"", b"1\n\xff", b"1\n--ol"):
        assert fix("a.mjml", other, [finding], SITE).content == other
    assert fix("b.mjml", b"1\n--old--\n", [finding], SITE).content == b"1\n--old--\n"


def test_two_corrections_of_one_place_are_not_both_made() -> None:
    findings = [LintFinding("a.mjml", 1, 1, "error", new, (Edit("a.mjml", 1, 1, "old", new),)) for new in ("one", "two")]
    done = fix("a.mjml", b"old", findings, SITE)
    assert (done.content, [finding.message for finding in done.findings]) == (b"one", ["one"])


def test_a_part_that_several_layouts_take_is_corrected_once() -> None:
    part, layout = "templates/newsletter/parts/line.mjml", "templates/newsletter/newsletter.mjml"
    files = {
        **TEMPLATES,
        layout: swapped("{{ sender_name }} {{ postal_address }}", "[[ part.line ]]", TEMPLATES[layout]),
        part: "<stong>{{ sender_name }}</stong> {{ postal_address }}\n",
        MODULE: GOOD,
    }
    files[layout.replace("newsletter.mjml", "digest.mjml")] = files[layout]
    made = correct(make_sources(files), {name: text.encode() for name, text in files.items()}, SITE)
    assert made.contents == {part: b"<strong>{{ sender_name }}</strong> {{ postal_address }}\n"}
    assert len(made.answered) == 1


@pytest.mark.parametrize(
    ("word", "meant"),
    [("mj-txt", "mj-text"), ("mj-tetx", "mj-text"), ("mj-textt", "mj-text"), ("mj-test", "mj-text"), ("mj-text", ""), ("mj-tt", "")],
)
def test_one_slip(word: str, meant: str) -> None:
    assert one_near(word, frozenset(ATTRIBUTES)) == meant


@given(st.sampled_from(sorted(ATTRIBUTES)), st.data())
def test_a_word_with_one_slip_is_found_again_where_it_is_the_only_one(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    wrong = data.draw(st.sampled_from([word[:at] + word[at + 1 :], word[:at] + "q" + word[at:], word[:at] + "q" + word[at + 1 :]]))
    assert one_near(wrong, frozenset({word})) == (word if wrong != word else "")
