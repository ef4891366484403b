"""Tier two: every fault that can be seen without reading the body is seen on every letter, and by its own check alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from composer.domain.level import Level
from composer.domain.tokens import Purpose
from composer.render import QUICK
from composer.render.dkim import Signer
from tests.checks.faults import (
    AINO,
    SCHEDULED,
    Edit,
    ahead,
    blocks,
    both,
    envelope,
    fragment,
    frame,
    from_gmail,
    good,
    head,
    library,
    message,
    newsletter,
    no_mail_address,
    raw,
    returning_to,
    token,
    unrendered,
)
from tests.checks.signed import signed, signers

LONG = "x" * 1000
OTHER = f"https://letters.example.com/u/{token(Purpose.unsubscribe_header)}"
WEAK = (Signer("example.com", "composer", generate_private_key(65537, 1024)),)

FAULTS: list[tuple[str, str, Edit]] = [
    ("W01", "a lone LF in the header", raw(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\n\r\n")),
    ("W02", "a header line of more than 998 bytes", raw(b"MIME-Version: 1.0", b"MIME-Version: 1.0" + b" " * 999)),
    ("W03", "a second Subject", head("Subject", b"Subject: another", beside=True)),
    ("W03", "a second Message-ID", head("Message-ID", b"Message-ID: <second@example.com>", beside=True)),
    ("W04", "another day", head("Date", b"Date: Wed, 25 Nov 2026 06:00:00 +0000")),
    ("W04", "a date that is none", head("Date", b"Date: tomorrow")),
    ("W04", "no date", head("Date", b"")),
    ("W05", "a Message-ID without brackets", both(envelope(message_id="k3y@example.com"), message(message_id="k3y@example.com"))),
    ("W06", "the Message-ID of another letter", head("Message-ID", b"Message-ID: <other@example.com>")),
    ("W07", "two addresses in From", head("From", b"From: Example Company <letters@example.com>, <other@example.com>")),
    ("W08", "somebody else in To", head("To", b"To: <someone@example.com>")),
    ("W08", "the right person in To, another in the envelope", message(recipient="someone@example.com")),
    ("W08", "a letter to the wrong address altogether", both(head("To", b"To: <eve@example.com>"), message(recipient="eve@example.com"))),
    ("W09", "an encoded word of 100 characters", head("Subject", b"Subject: =?utf-8?b?" + b"QUFB" * 20 + b"?=")),
    ("W10", "bytes beyond ASCII in the header", raw(b"MIME-Version: 1.0", "MIME-Version: 1.0 ä".encode())),
    ("W11", "a field that is not ours", head("MIME-Version", b"X-Foreign: 1", beside=True)),
    ("W11", "a line that is no field", head("MIME-Version", b"no field", beside=True)),
    ("W11", "a hidden recipient", head("MIME-Version", b"Resent-To: <someone@example.com>", beside=True)),
    ("A01", "a sender at a mailbox provider", from_gmail),
    ("A02", "no signature although there is a key", both(signed, head("DKIM-Signature", b""))),
    ("A02", "a signature by another selector", both(signed, raw(b"s=composer;", b"s=another;"))),
    ("A03", "a signature by another domain", lambda case: signed(case, signers(domain="example.net"))),
    ("A04", "From is covered once only", both(signed, raw(b"h=from:from:", b"h=from:"))),
    ("A04", "the one-click header is not covered", both(signed, raw(b"list-unsubscribe-post:", b""))),
    ("A04", "a signature over a part of the body", both(signed, raw(b"c=relaxed/simple;", b"c=relaxed/simple; l=10;"))),
    ("A05", "sha1", both(signed, raw(b"a=rsa-sha256", b"a=rsa-sha1"))),
    ("A05", "a key of 1024 bits", lambda case: signed(case, WEAK)),
    ("A06", "bounces to a foreign domain", returning_to("elsewhere.example")),
    ("U01", "http", envelope(unsubscribe_header_url="http://letters.example.com/u/" + "h" * 36)),
    ("U02", "an encoded word", head("List-Unsubscribe", b"List-Unsubscribe: =?utf-8?q?=3Chttps?=")),
    ("U03", "One-click in small letters", head("List-Unsubscribe-Post", b"List-Unsubscribe-Post: List-Unsubscribe=One-click")),
    ("U03", "no List-Unsubscribe-Post", head("List-Unsubscribe-Post", b"")),
    ("U04", "an address of more than 74 characters", envelope(unsubscribe_header_url="https://letters.example.com/u/" + "h" * 80)),
    ("U05", "a readable address", envelope(unsubscribe_header_url="https://letters.example.com/u/aino")),
    ("U05", "the mail address in it", envelope(unsubscribe_header_url="https://letters.example.com/u/aino@example.com" + "h" * 22)),
    ("A07", "the sender's address, and not its own", message(sender="letters@example.com")),
    ("U07", "no mail address", no_mail_address),
    ("U07", "one with another subject", raw(b"?subject=unsubscribe>", b"?subject=leave>")),
    ("U06", "somebody else's token", lambda case: raw(case.made.envelope.unsubscribe_header_url.encode(), OTHER.encode())(case)),
    ("L01", "no phrase", head("List-Id", b"List-Id: <letters.example.com>")),
    ("L01", "another list", head("List-Id", b"List-Id: Example Company letters <other.example.com>")),
    ("L02", "three fields instead of four", envelope(feedback_id="made:letters:example")),
    ("L02", "the recipient in it", envelope(feedback_id="made:r-1001:letters:example")),
    ("S01", "an empty subject", newsletter(subject=" ")),
    ("S01", "a subject that says None", newsletter(subject="None")),
    ("S01", "a key left open", newsletter(subject="News for [[ company ]]")),
    ("S02", "a fake reply", newsletter(subject="Re: your order")),
    ("S02", "a fake forward in Finnish", newsletter(subject="VL: tilaus")),
    ("S03", "a rocket in the sender's name", envelope(sender_name="Example \U0001f680")),
    ("S03", "another name than the sender's", head("From", b"From: Aino Virtanen <letters@example.com>")),
    ("S04", "a subject of 80 characters", newsletter(subject="A long line " * 7)),
    ("M04", "HTML of more than 100,000 bytes", fragment(ahead(f"<p>{LONG * 101}</p>"))),
    ("M05", "a message of more than 200,000 bytes", fragment(str, lambda words: words + "\n" + "word " * 45_000)),
    ("H01", "a letter in another language than its reader's", lambda case: replace(
        case, made=replace(case.made, person=replace(case.made.person, language="fi"))
    )),
    ("H02", "a campaign without a title", envelope(title=" ")),
    ("H05", "pictures by http", envelope(pictures_url="http://pictures.example.com")),
    ("H08", "a second h1", fragment(ahead("<h1>Again</h1>"))),
    ("H08", "a skipped level", fragment(ahead("<h4>Deep</h4>"))),
    ("H09", "17 kB of style", frame("</head>", f"<style>{'x' * 17_000}</style></head>")),
    ("H10", "a postal address that says None", envelope(postal_address="None, 00100 Helsinki")),
    ("H10", "a number where a company's name belongs", lambda case: replace(
        case, made=replace(case.made, person=replace(case.made.person, company=float("nan")))  # type: ignore[arg-type]
    )),
    ("K01", "a module that leads to http", library(url="http://www.example.com/x", urls={})),
    ("K01", "a script in a module's link", fragment(ahead('<a href="javascript:alert(1)">What it costs</a>'))),
    ("K01", "a privacy notice by http", envelope(privacy_url="http://www.example.com/privacy")),
    ("K03", "a link to our site that no campaign is told by", fragment(ahead('<a href="https://www.example.com/x">What it costs</a>'))),
    ("K03", "a campaign without a name", envelope(campaign=" ")),
    ("K04", "the reader's address in a module's link", library(url="https://www.example.com/?to=aino.virtanen%40example.com", urls={})),
    ("K05", "a shortener", library(url="https://bit.ly/x", urls={})),
    ("K05", "a shortener written out", fragment(ahead('<a href="https://bit.ly/x">What it costs</a>'))),
    ("B01", "an unsubscribe link to nowhere", envelope(unsubscribe_url="https://letters.example.com/u/")),
    ("B02", "a preferences link on another site", envelope(preferences_url="https://elsewhere.example/p/" + "p" * 36)),
    ("B03", "no why link", envelope(why_url="")),
    ("B04", "a sender's name of 700 characters ahead of the unsubscribe link", envelope(sender_name="Example " * 90)),
    ("B05", "no postal address", envelope(postal_address="")),
    ("B06", "no privacy notice", lambda case: envelope(privacy_url="")(case)),
    ("B07", "the one-click address in the body", lambda case: envelope(unsubscribe_url=case.made.envelope.unsubscribe_header_url)(case)),
    ("C01", "a block twice", blocks(lambda found: (*found[:-1], replace(found[0], position=len(found), slot=found[-1].slot)))),
    ("C02", "three blocks where the layout wants four", blocks(lambda found: found[:3])),
    ("C03", "a module that is not in the library", lambda case: unrendered(
        blocks=(*case.made.newsletter.blocks[:-1], replace(case.made.newsletter.blocks[-1], module="roi/gone"))
    )(case)),
    ("C03", "a module that is over", library(valid_until=SCHEDULED)),
    ("C03", "a module whose time has not come", library(valid_from=SCHEDULED + timedelta(days=9))),
    ("C03", "a module without this language", library(languages=("fi",))),
    ("C03", "decided for a higher level than the reader's", unrendered(level=Level.premium)),
    ("C05", "a block without words in the text part", fragment(str, lambda words: "")),
    ("C06", "opens counted without consent", envelope(open_url="https://letters.example.com/o/" + "o" * 36 + ".gif")),
    ("C07", "a hidden link where no other is measured", envelope(trap_url="https://letters.example.com/c/" + "c" * 40)),
    ("C07", "click addresses below the level that allows them", envelope(click_urls=("https://letters.example.com/c/" + "c" * 40,) * 4)),
    ("C09", "a block that is a picture and nothing else", fragment(
        lambda html: '<img src="https://letters.example.com/pictures/a.png" alt="" width="600" height="300">'
    )),
]  # fmt: skip


@pytest.mark.parametrize(("name", "does", "edit"), FAULTS, ids=[f"{name}: {does}" for name, does, _ in FAULTS])
def test_the_fault_is_seen_by_its_check_and_by_no_other(name: str, does: str, edit: Edit) -> None:
    assert edit(good(Level.standard)).seen(QUICK) == {name}, does


def test_the_letter_without_fault_has_no_finding() -> None:
    assert AINO.level == Level.standard
    for case in (good(Level.standard), good(Level.premium), good(Level.premium, opens=True), good(Level.none, opens=True), signed()):
        assert case.found() == ()
