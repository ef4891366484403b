"""The message as bytes: our headers, then a text part and an HTML part in quoted-printable (RFC 2045, 2046).

Deterministic: the boundary comes from the Message-ID, so the same newsletter is the same bytes every time.
"""

from __future__ import annotations

from binascii import b2a_qp
from collections.abc import Iterable
from hashlib import blake2b

ENTRIES = ("Content-Type: {kind}; charset=utf-8", "Content-Transfer-Encoding: quoted-printable")


def serialise(headers: Iterable[str], message_id: str, text: str, html: str) -> bytes:
    """Return the whole message with CRLF line ends: multipart/alternative, text first, then HTML.

    `headers` are complete fields as composer.render.headers writes them; Content-Type is added here.
    """
    boundary = "=_" + blake2b(message_id.encode(), digest_size=16).hexdigest()  # "=_" never occurs in quoted-printable
    top = [*headers, "MIME-Version: 1.0", f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"', "", ""]
    parts = [_part(boundary, "text/plain", text), _part(boundary, "text/html", html)]
    return "\r\n".join(top).encode("ascii") + b"".join(parts) + f"--{boundary}--\r\n".encode()


def _part(boundary: str, kind: str, body: str) -> bytes:
    head = "\r\n".join([f"--{boundary}", *(entry.format(kind=kind) for entry in ENTRIES), "", ""])
    return head.encode() + quoted_printable(body) + b"\r\n"


def quoted_printable(text: str) -> bytes:
    """Return `text` in quoted-printable: lines of at most 76 characters, CRLF ends, nothing but printable ASCII."""
    # The encoder leaves a lone CR in the clear, so every kind of line end becomes LF first.
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")
