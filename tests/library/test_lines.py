"""Openings, calls, link texts, pictures and lengths: each rule has a text that breaks it, and the good ones next to it do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.library.wording import imitated_sign, imitates_reply, text_in_picture, vague, visible
from tests.library.small import BODY, FRONT, found, swapped, told

IMAGE = '<img src="https://x.example.com/a.png" width="9" height="9" alt="[[ alt ]]" />'
CTA = 'cta = "Choose a day in May"\n'
SUBJECT = 'subject = "A subject of some words"'


def messages(front: str = FRONT, body: str = BODY) -> str:
    return "\n".join(f"{severity}: {message}" for _, severity, message in told(front, body))


def after_cta(more: str) -> str:
    return swapped(CTA, CTA + more, FRONT)


OPENING = '[en.openings.question]\nsubject = "Which day suits you?"\npreheader = "Three mornings in May, and coffee at each of them."\n'
STAGES = '[en.cta_by_stage]\ndiscover = "See the three mornings"\nuse = "Bring a colleague along"\n'


@pytest.mark.parametrize("more", [OPENING, STAGES, OPENING + STAGES])
def test_a_good_module_stays_silent(more: str) -> None:
    assert messages(after_cta(more)) == ""


@pytest.mark.parametrize(
    ("front", "said"),
    [
        (swapped(SUBJECT, f'subject = "{"word " * 13}"', FRONT), "warning: the subject has 65 characters: phones show about 60"),
        (swapped(SUBJECT, 'subject = "RE: our meeting"', FRONT), "error: the subject pretends to be an answer ('RE:')"),
        (swapped(SUBJECT, 'subject = "✅ Your account"', FRONT), "warning: the subject holds '✅', a mark that mail programs set"),
        (
            after_cta(OPENING.replace("Which day suits you?", "A subject of some words")),
            "warning: the openings 'plain' and 'question' have the",
        ),
        (after_cta(OPENING.replace("Which day suits you?", "")), "error: the subject of opening 'question' is empty"),
        (after_cta(OPENING.replace("Which day", "{{ frist_name }}")), "error: unknown merge field 'frist_name'"),
        (after_cta(OPENING.replace("Which day", "{{ first_name }}, which day")), "warning: first_name may be empty"),
        (
            after_cta(OPENING.replace("Three mornings in May, and coffee at each of them.", "Come.")),
            "warning: the preheader has 5 characters",
        ),
        (after_cta(STAGES.replace("use =", "usee =")), "error: unknown stage 'usee': did you mean 'use'?"),
        (after_cta(STAGES.replace("Bring a", "Bring {{ first_name }} and a")), "error: a stage's call holds plain words, no merge fields"),
        (
            after_cta(STAGES.replace("Bring a colleague along", "Read more here")),
            "warning: the call to action 'Read more here' says nothing",
        ),
        (
            after_cta(STAGES.replace("colleague", "colleague from another department")),
            "warning: the call to action has 47 characters, a button",
        ),
        (swapped(CTA, 'cta = "Learn more"\n', FRONT), "error: the call to action 'Learn more' says nothing"),
        (swapped("Words that can be read.", "Words " * 40, FRONT), "warning: body has 240 characters, 200 fit: shorten it"),
        (
            swapped("A title of some words", "A title of some more words than lead can hold", FRONT),
            "title has 45 characters, 40 fit in style 'lead'",
        ),
        (swapped("Words that can", "See http://www.example.com, words that can", FRONT), "error: http:// has no place in a letter"),
        (
            swapped("[[ cta ]]: {{ link }}", "[[ cta ]]: http://www.example.com/x {{ link }}", FRONT),
            "error: http:// has no place in a letter",
        ),
    ],
)
def test_a_line_that_does_readers_a_bad_turn_is_told(front: str, said: str) -> None:
    assert said in messages(front)


def test_an_address_for_a_stage_without_a_call_leads_nobody() -> None:
    front = '[url_by_stage]\nrenew = "https://www.example.com/r"\nbuy = "https://www.example.com/b"\n'
    front = FRONT.replace("[en]\n", front + "\n[en]\n")
    assert "warning: no language has a call to action for 'renew'" in messages(front)
    assert "error: unknown stage 'buy'" in messages(front)


def test_openings_and_calls_of_one_language_are_missed_in_the_other() -> None:
    finnish = FRONT.partition("[en]")[2].replace("subject of", "aihe")
    said = messages(after_cta(OPENING + STAGES + "\n[fi]" + finnish))
    assert "no opening 'question' in 'fi', [en] has one" in said
    assert "[fi] has no call for 'discover', [en] has one" in said


@pytest.mark.parametrize(
    ("key", "text", "body", "said"),
    [
        (
            "more",
            "Reserve a seat",
            '<mj-text><a href="{{ link }}" style="display:inline-block;padding:12px 0">[[ more ]]</a></mj-text>',
            None,
        ),
        ("more", "Click here to read more", '<a href="{{ link }}" style="display:inline-block;padding:12px 0">[[ more ]]</a>', "link text"),
        ("go", "javascript:alert(1)", 'Go <a href="[[ go ]]">to the report</a> now.', "error: go stands in href: write https://"),
        ("go", "http://www.example.com", 'Go <a href="[[ go ]]">to the report</a> now.', "error: go stands in href: write https://"),
        ("go", "https://www.example.com", 'Go <a href="[[ go ]]">to the report</a> now.', None),
        (
            "alt",
            "Banner that says 50 % off",
            IMAGE,
            "suggests text",
        ),
        ("alt", "IMG_1234", IMAGE, "names a file"),
        ("alt", "A foundry ladle over a mould", IMAGE, None),
    ],
)
def test_what_the_front_matter_puts_into_links_and_alts_is_judged(key: str, text: str, body: str, said: str | None) -> None:
    front = after_cta(f'{key} = "{text}"\n')
    if body.startswith("<mj-text>"):
        body = swapped("    <mj-button mj", f"    {body}\n    <mj-button mj", BODY)
    else:
        body = swapped("[[ body ]]", f"[[ body ]] {body}", BODY)
    told_of = messages(front, body)
    assert (said in told_of) if said is not None else told_of == ""


@pytest.mark.parametrize(
    ("href", "said"),
    [
        ("https://[", "the address has no host that can be read"),
        ("https:///path", "the address has no host that can be read"),
        ("{{ site }}.example.org/x", "'.example.org/x' would become part of the address's host"),
        ("{{ site }}[x", "'[x' would become part of the address's host"),
        ("{{ link }}#chapter", ""),
        ("{{ site }}/x?a=1", ""),
    ],
)
def test_an_address_that_cannot_be_read_or_leads_elsewhere_is_refused(href: str, said: str) -> None:
    body = swapped("[[ body ]]", f'[[ body ]] See <a href="{href}">the year in numbers</a>.', BODY)
    assert said in messages(body=body) if said else messages(body=body) == ""
    if href.startswith("https"):
        assert "error: url must be a whole https:// address" in messages(swapped("https://www.example.com/x", href, FRONT))
        keyed = swapped("[[ body ]]", '[[ body ]] See <a href="[[ where ]]">the year in numbers</a>.', BODY)
        assert "error: where stands in href" in messages(after_cta(f'where = "{href}"\n'), keyed)


def test_a_block_that_is_only_a_picture_is_refused() -> None:
    body = """<mj-section mj-class="card"><mj-column>
<mj-image src="https://x.example.com/a.png" alt="[[ title ]]" width="600px" />
<mj-button mj-class="button" href="{{ link }}">[[ cta ]]</mj-button>
</mj-column></mj-section>"""
    assert "error: no words in 'en' besides links" in messages(body=body)
    assert "besides links" not in messages(body=body.replace("<mj-button", "<mj-text>[[ body ]]</mj-text><mj-button"))


def test_a_class_that_the_head_does_not_have_is_told() -> None:
    said = messages(body=swapped('mj-class="card"', 'mj-class="crad"', BODY))
    assert "warning: no mj-class 'crad': did you mean 'card'?" in said


def test_findings_stand_at_the_line_of_their_key() -> None:
    front = after_cta(STAGES.replace("Bring a colleague along", "Read more"))
    (finding,) = (one for one in found(front) if "'Read more' says nothing" in one.message and "call to action" in one.message)
    assert finding.line == ("+++\n" + front).split("\n").index('use = "Read more"') + 1


@pytest.mark.parametrize(
    ("text", "language", "is_vague"),
    [
        ("Click here to read more", "en", True), ("Read more »", "en", True), ("More", "fi", True), ("Lue lisää tästä", "fi", True),
        ("Klikkaa tästä!", "fi", True), ("Läs mer här", "sv", True), ("Klicka här", "sv", True), ("Mehr erfahren", "de", True),
        ("Hier klicken", "de", True), ("Weiterlesen", "de", True), ("Jetzt mehr erfahren", "", True), ("Lue lisää", "en", False),
        ("Read the delivery contract", "en", False), ("Lue toimituksen sopimus", "fi", False), ("Välj en dag i maj", "sv", False),
        ("Den Bericht lesen", "de", False), ("Choose a line", "en", False), ("More about {{ company }}", "en", False), ("", "en", False),
    ],
)  # fmt: skip
def test_vague_link_texts_in_four_languages(text: str, language: str, is_vague: bool) -> None:
    assert vague(text, language) is is_vague


@pytest.mark.parametrize("subject", ["Re: offer", "FWD: offer", "VS: tarjous", "SV: anbud", "AW: Angebot", "re[2]: offer", " Vl: tarjous"])
def test_fake_answers(subject: str) -> None:
    assert imitates_reply(subject)
    assert not imitates_reply(subject.replace(":", ""))


def test_signs_and_alts() -> None:
    assert imitated_sign("Ready ✔") == "✔"
    assert imitated_sign("Summer ☀ and 3 × 4") == ""
    assert text_in_picture("A chart with the words “up 12 %”")
    assert text_in_picture("") == text_in_picture("Two people at a bench") == ""
    assert text_in_picture("x" * 151)


@pytest.mark.parametrize(
    ("template", "count"),
    [
        ("abc", 3), ("a  \n b", 3), ("a\u200bb\u0301", 2), ("{{ first_name }}!", 8), ('{{ first_name or "a long word for a friend" }}', 24),
        ("{% if company %}{{ company }} wins{% else %}You{% endif %}", 21), ("{% if x", 7), ("{{ 'a'*500000000 }}", 0),
    ],
)  # fmt: skip
def test_length_is_that_of_the_longest_reading(template: str, count: int) -> None:
    assert visible(template) == count


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_line_makes_the_judges_raise(one: str, other: str) -> None:
    assert visible(one) >= 0
    vague(one), imitates_reply(one), imitated_sign(one), text_in_picture(one)
    assert visible("{% if company %}" + other.replace("{", "") + "{% endif %}") == visible(other.replace("{", ""))
