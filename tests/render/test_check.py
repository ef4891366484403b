"""Every check sees the fault it is there for, on the final bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.domain.message import Message
from composer.render import CHECKS, check, render
from composer.render.mime import serialise
from tests.render.letters import BLOCKS, ENVELOPE, newsletter, opened, person, press

LETTER = render(newsletter(), person(), press(), ENVELOPE, opened().library)


def found(message: Message, **changes: object) -> set[str]:
    envelope = replace(ENVELOPE, **changes)  # type: ignore[arg-type]
    return {finding.check for finding in check(message, newsletter(), person(), envelope)}


def test_a_good_letter_has_no_finding() -> None:
    assert found(LETTER) == set()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("W01", b"List-Id:", b"X: a\nList-Id:"),
        ("W02", b"MIME-Version: 1.0", b"MIME-Version: 1.0" + b" " * 1000),
        ("W03", b"MIME-Version: 1.0", b"Subject: second\r\nMIME-Version: 1.0"),
        ("W04", b"Date: Tue, 24 Nov 2026", b"Date: Wed, 25 Nov 2026"),
        ("W04", b"Date: Tue, 24 Nov 2026 07:30:00 +0000", b"Date: tomorrow"),
        ("W05", b"Message-ID: <k3y@example.com>", b"Message-ID: <other@example.com>"),
        ("W07", b"<letters@example.com>", b"<letters@example.com>, <other@example.com>"),
        ("W08", b"To: <aino.virtanen@example.com>", b"To: <someone@example.com>"),
        ("W08", b"MIME-Version: 1.0", b"Bcc: <someone@example.com>\r\nMIME-Version: 1.0"),
        ("W09", b"Subject: ", b"Subject: =?utf-8?b?" + b"QUFB" * 20 + b"?= "),
        ("W10", b"MIME-Version: 1.0", "MIME-Version: 1.0 ä".encode()),
        ("W11", b"MIME-Version: 1.0", b"X-Foreign: 1\r\nMIME-Version: 1.0"),
        ("W11", b"MIME-Version: 1.0", b"no field\r\nMIME-Version: 1.0"),
        ("U01", b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"),
        ("U03", b"=One-Click", b"=One-click"),
        ("U06", b"h" * 36, b"g" * 36),
        ("L01", b"List-Id: Example Company letters <letters.example.com>", b"List-Id: <letters.example.com>"),
        ("M01", b"multipart/alternative", b"multipart/mixed"),
        ("M02", b"Content-Type: text/html; charset=utf-8", b"Content-Type: text/html; charset=latin-1"),
        ("M02", b"Mit=C3=A4", b"Mit=C3=A5"),
    ],
)
def test_damage_to_the_bytes_is_found(name: str, old: bytes, new: bytes) -> None:
    assert old in LETTER.data
    assert name in found(replace(LETTER, data=LETTER.data.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("H01", 'lang="fi"', 'lang="en"'),
        ("H02", "<title>", "<title> </title><x-title>"),
        ("H03", "charset=UTF-8", "charset=latin-1"),
        ("H05", "<h1", '<img src="https://www.example.com/a.png"><h1'),
        ("H06", "<h1", '<img alt="" src="data:image/png;base64,AA"><h1'),
        ("H07", "<h1", "<form></form><h1"),
        ("H07", "<h1", '<h1 onclick="x"'),
        ("H08", "<h1", "<h3>x</h3><h1"),
        ("H09", "</style>", "x" * 17_000 + "</style>"),
        ("H10", "Mitä yksi", "{{ yksi"),
        ("H10", "Mitä yksi", "None yksi"),
        ("K01", 'href="https://www.example.com', 'href="javascript:https://www.example.com'),
        ("K03", "utm_source=newsletter", "to=aino.virtanen%40example.com"),
        ("B01", "https://letters.example.com/u/" + "b" * 36, "https://letters.example.com/x"),
        ("B02", "https://letters.example.com/p/", "https://letters.example.com/x/"),
        ("B03", "https://letters.example.com/w/", "https://letters.example.com/x/"),
        ("B05", "Example Street 1", "Street"),
        ("B06", "https://www.example.com/privacy", "https://www.example.com/other"),
        ("B07", "https://www.example.com/privacy", "https://letters.example.com/u/" + "h" * 36),
        ("C05", "utm_content=roi.late-order.3", "utm_content=another"),
        ("C06", "<h1", '<img alt="" width="1" src="https://www.example.com/o.gif"><h1'),
        ("C07", "utm_source=newsletter", "reader=r-1001"),
        ("M04", "<h1", "x" * 100_000 + "<h1"),
        ("M05", "<h1", "x" * 200_000 + "<h1"),
    ],
)
def test_damage_to_the_page_is_found(name: str, old: str, new: str) -> None:
    assert old in LETTER.html
    html = LETTER.html.replace(old, new)
    text = LETTER.text
    head = LETTER.data.partition(b"\r\nMIME-Version")[0].decode().split("\r\n")
    assert name in found(replace(LETTER, html=html, data=serialise(head, LETTER.message_id, text, html)))


def test_an_unsubscribe_link_at_the_end_alone_is_found() -> None:
    html = LETTER.html.replace(ENVELOPE.unsubscribe_url, "https://www.example.com/", 1)
    assert "B04" in found(replace(LETTER, data=serialise([], LETTER.message_id, LETTER.text, html)))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("U04", {"unsubscribe_header_url": "https://letters.example.com/u/" + "h" * 80}),
        ("U05", {"unsubscribe_header_url": "https://letters.example.com/u/aino.virtanen"}),
        ("S03", {"sender_name": "Example \U0001f680"}),
    ],
)
def test_a_wrong_envelope_is_found(name: str, changes: dict[str, str]) -> None:
    envelope = replace(ENVELOPE, **changes)  # type: ignore[arg-type]
    message = render(newsletter(), person(), press(), envelope, opened().library)
    assert name in {finding.check for finding in check(message, newsletter(), person(), envelope)}


@pytest.mark.parametrize(("name", "subject"), [("S01", "None"), ("S01", "[[ x ]]"), ("S02", "Re: tilaus"), ("S02", "VS: tilaus")])
def test_a_subject_that_deceives_is_found(name: str, subject: str) -> None:
    message = render(newsletter(subject=subject), person(), press(), ENVELOPE, opened().library)
    assert name in found(message)


def test_a_name_that_looks_like_a_fault_is_none() -> None:
    for name in ("None", "Re:", "{{ x }}", "undefined", "weekly"):
        someone = replace(person(first_name=name, company=name), recipient_id="weekly", address="letters@example.com")
        letter = newsletter(subject="{% if first_name %}{{ first_name }} {% endif %}ja viikko")
        message = render(letter, someone, press(), ENVELOPE, opened().library)
        assert check(message, letter, someone, ENVELOPE) == ()


def test_doubled_blocks_and_too_few_blocks_are_found() -> None:
    doubled = newsletter((*BLOCKS[:3], BLOCKS[0]))
    message = render(doubled, person(), press(), ENVELOPE, opened().library)
    assert "C01" in {finding.check for finding in check(message, doubled, person(), ENVELOPE)}
    short = newsletter(BLOCKS[:2])
    message = render(short, person(), press(), ENVELOPE, opened().library)
    assert [(finding.check, finding.blocks) for finding in check(message, short, person(), ENVELOPE)] == [("C02", False)]


def test_a_block_without_words_in_the_text_part_is_found() -> None:
    message = replace(LETTER, data=LETTER.data.replace(b"\r\n----\r\n", b"\r\n\r\n", 1))
    assert "C09" in found(message)


def test_every_check_has_a_name_of_its_own_and_a_law() -> None:
    assert len({one.name for one in CHECKS}) == len(CHECKS)
    assert all(one.law.endswith(".") for one in CHECKS)
