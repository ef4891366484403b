"""No path leads from a value to a header line of its own."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import ComposerError
from composer.render import headers

ATTACKS = (
    "=?utf-8?q?x=0D=0ABcc:_evil=40example.org=0D=0A=0D=0A<h1>phish</h1>?=",
    "x\r\nBcc: evil@example.org",
    "x\nBcc: evil@example.org",
    "x\rBcc: evil@example.org",
    "x\0y",
    "x\u2028Bcc: evil@example.org",
    "x\u2029y",
    "x\x85y",
    "x\x0by\x0cz",
    "\r\n\r\nbody",
    "=?utf-8?b?DQpCY2M6IGU=?=",
    "\ud800",
    "{{7*7}}",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_in_the_subject_stays_one_field_with_its_words(attack: str) -> None:
    field = headers.unstructured("Subject", f"Hei {attack}, tule")
    parsed = message_from_bytes(field.encode("ascii") + b"\r\n\r\nbody")
    assert parsed.keys() == ["Subject"]
    assert parsed.get_payload() == "body"
    shown = str(make_header(decode_header(parsed["Subject"].replace("\r\n", ""))))
    assert shown == headers.clean(f"Hei {attack}, tule")
    assert not re.search(r"[\x00-\x1f\u2028\u2029\x85]", shown)


@given(st.text(max_size=300))
def test_any_text_gives_folded_ascii_lines_within_the_limits(text: str) -> None:
    for field in (headers.unstructured("Subject", text), headers.mailbox("From", text, "letters@example.com")):
        assert field.isascii()
        lines = field.split("\r\n")
        assert not any("\r" in line or "\n" in line for line in lines)
        assert all(line.startswith(" ") and line.strip() for line in lines[1:])
        assert all(len(line) <= 78 for line in lines)
        assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", field))


@given(st.text(max_size=300))
def test_a_reader_gets_the_cleaned_subject_back(text: str) -> None:
    raw = headers.unstructured("Subject", text).encode() + b"\r\n\r\n"
    value = message_from_bytes(raw)["Subject"].replace("\r\n", "")
    assert str(make_header(decode_header(value))).strip() == headers.clean(text)


def test_a_long_unsubscribe_address_stays_in_the_clear_on_one_line() -> None:
    url = "https://letters.example.com/u/" + "x" * 200
    assert headers.raw("List-Unsubscribe", f"<{url}>") == f"List-Unsubscribe: <{url}>"


@pytest.mark.parametrize("url", ["https://x.example/\r\nBcc: a", "https://x.example/ü", "https://x.example/a b", "x<b>", ""])
def test_an_address_that_could_leave_its_brackets_is_refused(url: str) -> None:
    with pytest.raises(ComposerError):
        headers.token("List-Unsubscribe", url)


@pytest.mark.parametrize("value", ["Fri\r\nBcc: a", "é", "x" * 1000])
def test_a_raw_value_is_printable_ascii_or_refused(value: str) -> None:
    with pytest.raises(ComposerError):
        headers.raw("Date", value)


def test_a_display_name_with_specials_is_quoted() -> None:
    assert headers.mailbox("From", 'A "B" <c>, d', "x@example.com") == 'From: "A \\"B\\" <c>, d" <x@example.com>'
