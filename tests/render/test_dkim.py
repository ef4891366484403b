"""Signatures: two verifiers that are not ours accept them, and neither accepts a letter with one byte changed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import UsageError
from composer.render.dkim import ONCE_MORE, SIGNED, Signer, load_key, record, sign
from composer.render.head_fields import head_fields
from composer.render.mime import BASE64, QUOTED, assemble, part, plain, quoted
from tests.render.keys import dkimpy_says, dns, pem, perl_says, signers
from tests.render.letters import ENVELOPE

SEND_AT = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)
"""In the past: verifiers refuse a signature from the future."""
FULL = replace(ENVELOPE, date=SEND_AT, reply_to="answers@example.com", feedback_id="weekly:letters:newsletter:examplecom")


def letter(subject: str = "Hei, tämä viikko", text: str = "Hei.\n", encoding: str = QUOTED) -> bytes:
    write = quoted if encoding == QUOTED else plain
    parts = [part(kind, encoding, [write(text)]) for kind in ("text/plain", "text/html")]
    return assemble(head_fields(subject, "aino@example.com", FULL), FULL.message_id, parts)


SIGNED_LETTER = sign(letter(), signers(), SEND_AT)


def tags(data: bytes) -> dict[str, str]:
    """The tags of the topmost signature."""
    field = re.sub(r"\r\n[ \t]", " ", data.partition(b"\r\n\r\n")[0].decode()).split("\r\n")[0]
    return {name.strip(): re.sub(r"\s", "", value) for name, _, value in (tag.partition("=") for tag in field.split(":", 1)[1].split(";"))}


def test_two_verifiers_accept_the_signatures() -> None:
    assert dkimpy_says(SIGNED_LETTER) == [True, True]
    # Debian's Mail::DKIM knows no Ed25519 yet, as many receivers: to them the RSA signature must hold beside it.
    assert perl_says(SIGNED_LETTER) == ["pass", "invalid (unsupported algorithm ed25519-sha256)"]
    assert perl_says(sign(letter(), signers()[:1], SEND_AT)) == ["pass"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.text(max_size=400), st.sampled_from((QUOTED, BASE64)))
def test_whatever_a_letter_says_its_signature_holds(subject: str, text: str, encoding: str) -> None:
    assert dkimpy_says(sign(letter(subject, text, encoding), signers(), SEND_AT)) == [True, True]


@pytest.mark.parametrize("text", ["", "\n", "\n\n\n", "a\n", "a \n", "\t\n \n"])
def test_bodies_with_odd_ends_verify(text: str) -> None:
    head = b"From: a@example.com\r\nSubject:\t  spaced   out \r\n\tand folded\r\n\r\n"
    signed = sign(head + text.replace("\n", "\r\n").encode(), signers(), SEND_AT)
    assert dkimpy_says(signed) == [True, True]
    assert perl_says(signed)[0] == "pass"


FIELDS = ("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID")
PLACES = [
    *(SIGNED_LETTER.index(f"\n{name}: ".encode()) + len(name) + 4 for name in (*FIELDS, "Auto-Submitted", "MIME-Version", "Content-Type")),
    SIGNED_LETTER.index(b"\nHei.") + 1,
    len(SIGNED_LETTER) - 9,
]


@pytest.mark.parametrize("place", PLACES)
def test_one_byte_changed_fails_in_both(place: int) -> None:
    changed = bytearray(SIGNED_LETTER)
    changed[place] ^= 1
    assert dkimpy_says(bytes(changed)) == [False, False]
    assert perl_says(bytes(changed))[0].startswith("fail")


@given(st.data())
def test_any_byte_of_the_body_changed_fails(data: st.DataObject) -> None:
    start = SIGNED_LETTER.index(b"\r\n\r\n") + 4
    place = data.draw(st.integers(start, len(SIGNED_LETTER) - 1))
    changed = bytearray(SIGNED_LETTER)
    changed[place] ^= data.draw(st.integers(1, 127))
    assert dkimpy_says(bytes(changed)) == [False, False]


@pytest.mark.parametrize("field", [b"From: evil@example.org", b"Subject: another", b"To: x@example.org", b"Reply-To: evil@example.org"])
def test_a_field_that_is_added_breaks_the_signature(field: bytes) -> None:
    added = SIGNED_LETTER.replace(b"\r\nFrom:", b"\r\n" + field + b"\r\nFrom:", 1)
    assert dkimpy_says(added) == [False, False]
    assert perl_says(added)[0].startswith("fail")


@pytest.mark.parametrize("field", ["Reply-To", "Content-Type"])
def test_a_field_that_was_not_there_cannot_be_added(field: str) -> None:
    without = sign(b"From: a@example.com\r\nSubject: Hei\r\n\r\nHei.\r\n", signers(), SEND_AT)
    assert dkimpy_says(without) == [True, True]
    assert perl_says(without)[0] == "pass"
    added = without.replace(b"\r\nFrom:", b"\r\n" + field.encode() + b": evil@example.org\r\nFrom:", 1)
    assert dkimpy_says(added) == [False, False]
    assert perl_says(added)[0].startswith("fail")


def test_text_that_is_added_behind_the_end_breaks_the_signature() -> None:
    assert dkimpy_says(SIGNED_LETTER + b"more") == [False, False]
    assert "l" not in tags(SIGNED_LETTER)


def test_what_is_signed_and_how() -> None:
    found = tags(SIGNED_LETTER)
    assert (found["v"], found["a"], found["c"], found["d"], found["s"]) == ("1", "rsa-sha256", "relaxed/simple", "example.com", "composer")
    assert found["t"] == str(int(SEND_AT.timestamp()))
    assert sorted(found["h"].split(":")) == sorted(name.decode() for name in (*SIGNED, *ONCE_MORE))
    assert all(len(line) <= 78 for line in SIGNED_LETTER.partition(b"\r\nFrom:")[0].split(b"\r\n"))


def test_the_same_letter_is_the_same_bytes_and_another_hour_is_another_signature() -> None:
    assert sign(letter(), signers(), SEND_AT) == SIGNED_LETTER
    assert sign(letter(), signers(), SEND_AT + timedelta(seconds=1)) != SIGNED_LETTER
    assert SIGNED_LETTER.endswith(letter())


def test_the_record_is_cut_in_strings_of_255_bytes_and_holds_the_public_key() -> None:
    for signer, start in zip(signers(), ("v=DKIM1; k=rsa; p=MII", "v=DKIM1; k=ed25519; p="), strict=True):
        name, strings = record(signer)
        assert name == f"{signer.selector}._domainkey.example.com"
        assert all(len(part) <= 255 for part in strings)
        assert "".join(strings).startswith(start)
    assert len(record(signers()[0])[1]) == 2
    other = Signer("example.com", "composer", rsa.generate_private_key(65537, 2048))
    assert dkimpy_says(SIGNED_LETTER, dns(other, signers()[1])) == [False, True]


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (b"", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (rsa.generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "1024 bits are too few"),
        (ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "neither an RSA"),
        (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
            "no private key",
        ),
    ],
)
def test_an_unfit_key_is_refused_by_its_file(made: bytes, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_key(made, "dkim.pem")
    assert str(refused.value).startswith("dkim.pem: ")
    assert text in str(refused.value)


def test_a_key_comes_back_from_its_file() -> None:
    for signer in signers():
        again = Signer(signer.domain, signer.selector, load_key(pem(signer), "x"))
        assert sign(letter(), [again], datetime(2026, 1, 1, tzinfo=UTC)) == sign(letter(), [signer], datetime(2026, 1, 1, tzinfo=UTC))
