"""The head of a letter: the fields that the rules ask for, and no text that could add another."""

from __future__ import annotations

from dataclasses import fields, replace
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import ComposerError
from composer.render.envelope import Envelope
from composer.render.head_fields import head_fields
from composer.render.headers import clean
from tests.render.letters import ENVELOPE
from tests.render.test_headers import ATTACKS

FULL = replace(ENVELOPE, reply_to="answers@example.com", feedback_id="weekly:letters:newsletter:examplecom")
ALWAYS = ["From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Auto-Submitted"]
TEXTS = [field.name for field in fields(Envelope) if field.type == "str"]
LONG = ("x" * 10_000, "x " * 5_000, "ä" * 10_000, "\u202e\u2066bidi\u2069", "x\ud800\udfffy", "a\u2028b\u0085c\x00d", '"\\"<>,;:()')
HOSTILE = st.one_of(st.sampled_from((*ATTACKS, *LONG)), st.text(max_size=200))


def parsed(head: bytes) -> list[str]:
    assert head.isascii()
    assert head.endswith(b"\r\n")
    assert head.count(b"\r\n") == head.count(b"\r") == head.count(b"\n")
    assert b"\r\n\r\n" not in head
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    return list(message_from_bytes(head + b"\r\nbody").keys())


def test_a_letter_carries_what_the_rules_ask_for_each_once() -> None:
    assert parsed(head_fields("Hei", "a@example.com", ENVELOPE)) == ALWAYS
    assert parsed(head_fields("Hei", "a@example.com", FULL)) == ["From", "Reply-To", *ALWAYS[1:], "Feedback-ID"]
    read = message_from_bytes(head_fields("Hei", "a@example.com", FULL))
    assert read["Reply-To"] == "<answers@example.com>"
    mail = f"<mailto:{FULL.unsubscribe_mailto}?subject=unsubscribe>"
    assert read["List-Unsubscribe"] == f"<{FULL.unsubscribe_header_url}>,\r\n {mail}"
    alone = message_from_bytes(head_fields("Hei", "a@example.com", replace(FULL, unsubscribe_mailto="")))
    assert alone["List-Unsubscribe"] == f"<{FULL.unsubscribe_header_url}>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["List-Id"] == "Example Company letters <letters.example.com>"
    assert read["Feedback-ID"] == "weekly:letters:newsletter:examplecom"
    assert read["Auto-Submitted"] == "auto-generated"


@given(st.sampled_from([*TEXTS, "subject", "address"]), HOSTILE)
def test_no_text_from_anywhere_adds_a_field(name: str, text: str) -> None:
    """A subject or a name is cleaned; an address or an id that cannot stand in its field stops the letter."""
    envelope = FULL if name in ("subject", "address") else replace(FULL, **{name: text})
    subject, address = (text if name == "subject" else "Hei"), (text if name == "address" else "a@example.com")
    expected = {"reply_to": "Reply-To", "feedback_id": "Feedback-ID"}.get(name, "") if not text else ""
    try:
        found = parsed(head_fields(subject, address, envelope))
    except ComposerError:
        assert name not in ("subject", "sender_name", "list_name", "title", "mark")
    else:
        assert found == [one for one in ("From", "Reply-To", *ALWAYS[1:], "Feedback-ID") if one != expected]


@given(HOSTILE)
def test_names_arrive_as_they_were_meant(text: str) -> None:
    read = message_from_bytes(head_fields(text, "a@example.com", replace(FULL, sender_name=text)))
    shown = str(make_header(decode_header(read["Subject"].replace("\r\n", "")))).strip()
    assert shown == clean(text)
    assert read["From"].replace("\r\n", "").endswith("<letters@example.com>")


@pytest.mark.parametrize("url", ["https://x.example/u/" + "t" * 200, "https://letters.example.com/u/" + "t" * 36])
def test_a_long_address_is_never_an_encoded_word(url: str) -> None:
    head = head_fields("Hei", "a@example.com", replace(FULL, unsubscribe_header_url=url, feedback_id="a" * 60 + ":b:c:examplecom"))
    assert f"List-Unsubscribe: <{url}>,\r\n <mailto:".encode() in head
    assert b"Feedback-ID: " + b"a" * 60 + b":b:c:examplecom\r\n" in head
    assert b"=?" not in head
