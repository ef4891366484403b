"""What a person's data may do to a letter: appear in it as text, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.audience import Person
from composer.domain.message import Finding, Message
from composer.errors import ComposerError
from composer.render import check, render
from composer.render.received import receive
from tests.render.letters import BLOCKS, ENVELOPE, context, newsletter, opened, person, press
from tests.render.test_headers import ATTACKS

GREETS = "{% if first_name %}{{ first_name }}, {% endif %}yksi kone ratkaisee viikon"


class Shape(HTMLParser):
    """The tags and attribute names of a page, in order, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs), *(value or "" for name, value in attrs if name in ("href", "src"))))


FIELDS = [
    "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Auto-Submitted",
    "MIME-Version", "Content-Type",
]  # fmt: skip


def letter(**changes: str) -> Message:
    return render(newsletter(subject=GREETS), person(**changes), press(), ENVELOPE, opened().library)


def stopping(message: Message, someone: Person) -> list[Finding]:
    """What the checks would stop the letter for; a long name may make a long subject, and that is no more than told."""
    found = check(message, newsletter(subject=GREETS), someone, ENVELOPE, context())
    return [finding for finding in found if finding.blocks]


@pytest.mark.parametrize(
    "name",
    [
        *ATTACKS,
        "{{7*7}}",
        "{% raw %}",
        "${7*7}",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "None",
        "' onmouseover='x",
        "]]><x>",
        "<!--",
        "O’Brien & Söhne",
    ],
)
def test_a_name_arrives_literally_and_changes_nothing_around_it(name: str) -> None:
    message = letter(first_name=name, company=name)
    plain = letter(first_name="X", company="X")
    assert Shape(message.html).tags == Shape(plain.html).tags
    got, expected = receive(message.data), receive(plain.data)
    assert [field for field, _ in got.fields] == [field for field, _ in expected.fields]
    assert stopping(message, person(first_name=name, company=name)) == []
    shown = " ".join(name.encode("utf-16", "replace").decode("utf-16").split())
    if name.isprintable():
        assert f"Hei {shown}," in got.page.visible
        assert f"Hei {shown}," in message.text


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_in_any_field_breaks_a_letter(first_name: str, company: str) -> None:
    someone = person(first_name=first_name, company=company)
    message = render(newsletter(subject=GREETS), someone, press(), ENVELOPE, opened().library)
    assert stopping(message, someone) == []
    assert [name for name, _ in receive(message.data).fields] == FIELDS


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert letter().data == letter().data


def test_without_a_name_the_greeting_is_still_one() -> None:
    text = letter(first_name="", company="").text
    assert "\nHei,\n" in text
    assert "()" not in text


def test_a_variant_replaces_its_words_and_the_plain_text_stands_in_where_there_is_none() -> None:
    message = render(newsletter(variant="technical"), person(), press(), ENVELOPE, opened().library)
    assert "rajallisella kapasiteetilla" in message.text
    assert "Mitä yksi myöhästynyt tilaus maksaa?" in message.text


def test_links_of_blocks_tell_campaign_and_module_and_nothing_about_the_reader() -> None:
    message = letter()
    assert (
        "https://www.example.com/planning/bottleneck?utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign=weekly"
        "&amp;utm_content=usecase.bottleneck-first.1" in message.html
    )
    assert "r-1001" not in message.html


@pytest.mark.parametrize("address", ["käyttäjä@example.com", "a b@example.com", "a@example.com\r\nBcc: x", "a<b>@example.com", "example"])
def test_an_address_that_needs_more_than_ascii_before_the_at_is_refused_without_being_named(address: str) -> None:
    with pytest.raises(ComposerError) as refused:
        render(newsletter(), person(address=address), press(), ENVELOPE, opened().library)
    assert address not in str(refused.value)


def test_a_domain_in_another_script_is_written_as_a_labels() -> None:
    message = render(newsletter(), person(address="aino@pöytä.example"), press(), ENVELOPE, opened().library)
    assert message.recipient == "aino@xn--pyt-sla1g.example"
    assert b"To: <aino@xn--pyt-sla1g.example>\r\n" in message.data


def test_a_test_send_is_marked_in_the_subject_alone() -> None:
    message = render(newsletter(), person(), press(), replace(ENVELOPE, mark="[TEST] "), opened().library)
    assert message.subject.startswith("[TEST] ")
    assert "[TEST]" not in message.text


def test_a_language_the_library_lacks_is_told_and_never_guessed() -> None:
    with pytest.raises(ComposerError, match="no layout 'newsletter' in 'sv'"):
        render(replace(newsletter(), language="sv"), person(), press(), ENVELOPE, opened().library)


def test_a_subject_with_an_unknown_field_stops_the_letter() -> None:
    with pytest.raises(ComposerError, match="unknown merge field"):
        render(newsletter(subject="{{ nonsense }}"), person(), press(), ENVELOPE, opened().library)


def test_both_parts_carry_the_same_blocks_in_the_same_order() -> None:
    message = letter()
    titles = [opened().library.modules[opened().library.index[name]].titles["fi"] for name in BLOCKS]
    for part in (receive(message.data).page.visible, message.text):
        places = [part.index(title) for title in titles]
        assert places == sorted(places)
