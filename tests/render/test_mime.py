"""The body: pieces in quoted-printable or base64 that every reader decodes to what was rendered."""

from __future__ import annotations

from base64 import b64decode
from email import message_from_bytes
from quopri import decodestring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.message import decoded_part
from composer.render.mime import BASE64, QUOTED, assemble, base64_lines, part, plain, quoted, serialise
from tests.render.templates import HOSTILE

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400)


def lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(texts)
def test_quoted_printable_comes_back_as_the_text(text: str) -> None:
    encoded = quoted(text)
    assert encoded.isascii()
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert lines(decodestring(encoded).decode()) == lines(text)


@given(st.binary(max_size=400))
def test_base64_lines_are_76_long_and_come_back(data: bytes) -> None:
    encoded = base64_lines(data)
    *full, last = encoded.split(b"\r\n")
    assert all(len(line) == 76 for line in full)
    assert len(last) <= 76
    assert bool(last) == bool(data)
    assert b64decode(encoded) == data


def test_a_full_stop_or_an_old_mail_stores_from_never_starts_a_line() -> None:
    for smuggled in ("a\n.\nb", "a\r\n.\r\nb", "a\r.\rb", ".", "..", "x" * 75 + ".", "\n.a", "From a", "a\nFrom b"):
        assert not any(line.startswith((b".", b"From ")) for line in quoted(smuggled).split(b"\r\n"))


def test_a_blank_at_the_end_of_a_line_cannot_be_lost_on_the_way() -> None:
    assert quoted("a \nb\t\n \n") == b"a=20\r\nb=09\r\n=20\r\n"
    assert quoted("a ") == b"a =\r\n"


def test_a_surrogate_that_no_reader_could_decode_becomes_a_question_mark() -> None:
    assert quoted("a\ud800b") == b"a?b=\r\n"
    assert plain("a\ud800b") == b"a?b"


@pytest.mark.parametrize("encoding", [QUOTED, BASE64])
@given(texts)
def test_both_parts_come_back_in_either_encoding(encoding: str, text: str) -> None:
    write = quoted if encoding == QUOTED else plain
    parts = [part(kind, encoding, [write(text), write("|"), write(text)]) for kind in ("text/plain", "text/html")]
    data = assemble(b"Subject: x\r\n", "<a@example.com>", parts)
    expected = lines(text) + "|" + lines(text)
    for payload, kind in zip(message_from_bytes(data).get_payload(), (b"text/plain", b"text/html"), strict=True):
        assert lines(payload.get_payload(decode=True).decode()) == expected
        assert decoded_part(data, kind) == expected
    assert all(len(line) <= 76 for line in data.split(b"\r\n"))


@pytest.mark.parametrize("text", [*HOSTILE, "--=_0123", "\r\n--=_" + "0" * 32 + "--\r\n"])
def test_no_text_adds_a_part(text: str) -> None:
    for encoding, write in ((QUOTED, quoted), (BASE64, plain)):
        data = assemble(b"", "<a@example.com>", [part("text/plain", encoding, [write(text)])])
        assert [len(payload.get_payload(decode=True)) for payload in message_from_bytes(data).get_payload()] == [len(plain(text))]


def test_the_boundary_hangs_on_the_message_id_alone() -> None:
    data = serialise(["Subject: x"], "<a@example.com>", "teksti ä\n", "<p>ä</p>")
    text, html = message_from_bytes(data).get_payload()
    assert text.get_payload(decode=True).decode() == "teksti ä\r\n"
    assert html.get_payload(decode=True).decode() == "<p>ä</p>"
    assert data == serialise(["Subject: x"], "<a@example.com>", "teksti ä\n", "<p>ä</p>")
    assert data != serialise(["Subject: x"], "<b@example.com>", "teksti ä\n", "<p>ä</p>")
