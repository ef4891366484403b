"""How bad a failure is: the code where it says something, the cause in words over any code, and the same as while sending."""

from __future__ import annotations

import re

import pytest

from composer.dispatch.mail.severity import enhanced, severity, smtp_code
from tests.dispatch.test_reply_table import SAID

FINAL = [(text, meaning.split()[-1]) for _, text, meaning in SAID if text[:1] == "5"]


@pytest.mark.parametrize(("text", "meaning"), FINAL)
def test_a_report_of_an_answer_means_what_the_answer_means_while_sending(text: str, meaning: str) -> None:
    found = re.search(r"5\.\d+\.\d+", text)
    if found and found[0] == "5.1.2":
        meaning = "dead"
    for status in ("5.0.0", found[0] if found else ""):
        assert (severity(status, text) == "hard") is (meaning == "dead")


@pytest.mark.parametrize("text", [text for _, text, _ in SAID if text[:1] == "4"])
def test_what_was_temporary_until_the_end_is_soft(text: str) -> None:
    assert severity("4.4.7", text) == severity("5.4.7", text) == severity("4.0.0", text) == "soft"


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected"),
    [
        ("5.1.1", "", "hard"),
        ("5.1.2", "", "hard"),
        ("5.1.3", "", "hard"),
        ("5.1.6", "", "hard"),
        ("5.1.10", "550 5.1.10 null MX", "hard"),
        ("5.1.8", "", "soft"),
        ("5.2.1", "mailbox disabled", "soft"),
        ("5.2.2", "552 mailbox full", "soft"),
        ("5.1.1", "550 5.1.1 mailbox is full", "soft"),
        ("5.1.1", "550 user over quota", "soft"),
        ("5.1.1", "550 Message refused: SPF check failed", "soft"),
        ("5.1.1", "550 rejected by DMARC policy", "soft"),
        ("5.1.1", "550 greylisted", "soft"),
        ("5.1.1", "550 message size exceeds limit", "soft"),
        ("5.1.1", "550 5.1.1 The account has been closed; its mailbox is over quota", "hard"),
        ("5.7.1", "550 5.7.1 relaying denied", "soft"),
        ("5.7.1", "550 5.7.1 <x>: Recipient address rejected: User unknown", "hard"),
        ("5.4.4", "Host or domain name not found", "hard"),
        ("5.4.4", "connect: no route", "soft"),
        ("5.4.7", "delivery time expired", "soft"),
        ("5.0.0", "550 user unknown", "hard"),
        ("5.0.0", "550 5.1.1 whatever it says", "hard"),
        ("5.5.0", "553_5.3.0_<x>..._User_Unknown", "hard"),
        ("", "", "soft"),
        ("5.0.0", "", "soft"),
        ("", "Empfänger unbekannt", "hard"),
        ("", "Postfach ist voll", "soft"),
        ("", "tuntematon vastaanottaja", "hard"),
        ("", "okänd mottagare", "hard"),
        ("", "Такого пользователя нет: пользователь не найден", "hard"),
        ("", "收件人不存在", "hard"),
    ],
)
def test_status_then_words(status: str, diagnostic: str, expected: str) -> None:
    assert severity(status, diagnostic) == expected


def test_codes_are_found_and_addresses_and_dates_are_none() -> None:
    assert enhanced("550 5.1.1 x") == "5.1.1"
    assert enhanced("554 5.0.0 then (#5.2.2)") == "5.2.2"
    assert enhanced("host 5.1.1.7 of 192.5.1.1") == ""
    assert smtp_code("smtp; 550-5.1.1 x") == 550
    assert smtp_code("on port 2550 at 4512 lines") == 0
