"""Reports by the standard: fields over text, encodings undone, several recipients, and what else is no failure."""

from __future__ import annotations

import base64

import pytest

from composer.dispatch.mail import read
from composer.dispatch.mail.dsn import address_of
from composer.domain.notice import NoticeKind
from tests.inbound._mails import dsn

FIELDS = b"Final-Recipient: rfc822; r1@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n"


def told(raw: bytes) -> list[tuple[str, str | None]]:
    return [(one.address, one.severity) for one in read(raw).told]


def test_what_the_text_for_people_says_does_not_outweigh_a_code() -> None:
    text = b"It could not be delivered. Your mailbox is full of our leaflets about spam."
    plain = dsn(diagnostic="").replace(b"It could not be delivered.", text)
    assert told(plain) == [("r1@example.com", "hard")]
    assert told(plain.replace(b"5.1.1", b"5.0.0")) == [("r1@example.com", "soft")]


def test_a_report_in_base64_or_with_bare_line_feeds_is_the_same() -> None:
    encoded = dsn().replace(FIELDS, b"").replace(b"Reporting-MTA: dns; mx.example.net\r\n\r\n", b"")
    body = base64.encodebytes(b"Reporting-MTA: dns; mx.example.net\r\n\r\n" + FIELDS)
    kind = b"Content-Type: message/delivery-status\r\n"
    encoded = encoded.replace(kind, kind + b"Content-Transfer-Encoding: base64\r\n").replace(kind[:-2], kind[:-2])
    encoded = encoded.replace(b"base64\r\n\r\n", b"base64\r\n\r\n" + body)
    assert told(encoded) == told(dsn()) == told(dsn().replace(b"\r\n", b"\n")) == [("r1@example.com", "hard")]


def test_a_mail_with_both_failures_and_receipts_is_a_bounce_of_those_that_failed() -> None:
    both = dsn().replace(FIELDS, FIELDS + b"\r\nFinal-Recipient: rfc822; r2@example.com\r\nAction: delivered\r\nStatus: 2.0.0\r\n")
    said = read(both)
    assert said.kind is NoticeKind.bounce
    assert told(both) == [("r1@example.com", "hard"), ("r2@example.com", None)]
    assert read(dsn(action="delivered", status="2.0.0", diagnostic="")).kind is NoticeKind.delivered


def test_nobody_named_is_no_report() -> None:
    assert read(dsn(recipient="")).kind is not NoticeKind.delivered
    assert all(one.address == "" or "@" in one.address for one in read(dsn(recipient="nobody")).told)


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; aino@example.org", "aino@example.org"),
        ("RFC822;<aino@example.org>", "aino@example.org"),
        (" rfc822 ; aino@example.org ", "aino@example.org"),
        ("rfc822; aino@example.org (Aino Virtanen)", "aino@example.org"),
        ("rfc822;aino+2Bnews@example.org", "aino+news@example.org"),
        ("rfc822;aino+news@example.org", "aino+news@example.org"),
        ('rfc822; "aino v"@example.org', '"aino v"@example.org'),
        ("utf-8; m\\x{E4}kel\\x{E4}@example.org", "mäkelä@example.org"),
        ("utf-8; \\x{110000}\\x{D800}a@example.org", "\ufffd\ufffda@example.org"),
        ("x400; /C=xx/S=nail", ""),
        ("aino@example.org", "aino@example.org"),
        ("rfc822; aino", ""),
        ("rfc822; aino@", ""),
        ("rfc822; aino@exa mple.org", ""),
        ("rfc822; <script>@example.org", ""),
        ("", ""),
        ("rfc822; " + "a" * 400 + "@example.org", ""),
    ],
)
def test_addresses_as_reports_write_them(field: str, address: str) -> None:
    assert address_of(field) == address
