"""The body: quoted-printable that every reader decodes to what was rendered."""

from __future__ import annotations

from email import message_from_bytes
from quopri import decodestring

from hypothesis import given
from hypothesis import strategies as st

from composer.render.mime import quoted_printable, serialise


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_quoted_printable_comes_back_as_the_text(text: str) -> None:
    encoded = quoted_printable(text)
    assert encoded.isascii()
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert decodestring(encoded).decode().replace("\r\n", "\n") == text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_lone_dot_never_stands_at_a_line_of_its_own() -> None:
    for smuggled in ("a\n.\nb", "a\r\n.\r\nb", "a\r.\rb", "."):
        assert b"." not in quoted_printable(smuggled).split(b"\r\n")


def test_both_parts_come_back_and_the_boundary_hangs_on_the_message_id_alone() -> None:
    data = serialise(["Subject: x"], "<a@example.com>", "teksti ä\n", "<p>ä</p>")
    text, html = message_from_bytes(data).get_payload()
    assert text.get_payload(decode=True).decode() == "teksti ä\r\n"
    assert html.get_payload(decode=True).decode() == "<p>ä</p>"
    assert data == serialise(["Subject: x"], "<a@example.com>", "teksti ä\n", "<p>ä</p>")
    assert data != serialise(["Subject: x"], "<b@example.com>", "teksti ä\n", "<p>ä</p>")
