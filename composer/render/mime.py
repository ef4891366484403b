"""The message as bytes: our headers, then a text part and an HTML part, each in quoted-printable or base64 (RFC 2045, 2046).

Deterministic: the boundary comes from the Message-ID, so the same newsletter is the same bytes every time.
Text is encoded in pieces that may be joined in any order: a piece starts at the start of a line and leaves the next one
there, by a soft break where its text does not end a line. No line starts with a full stop, so SMTP has nothing to double.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np

QUOTED, BASE64 = "quoted-printable", "base64"
WIDTH = 76
"""RFC 2045 sections 6.7 and 6.8: characters in a line of an encoded body, the = of a soft break among them."""
_SIMPLE = re.compile(rf"(?!From )[ -\-/-<>-~][ -<>-~]{{0,{WIDTH - 2}}}")
"""A value that is its own encoding: printable ASCII on one line, without =, and no full stop ahead."""
_OTHER = re.compile(rb"[^ -<>-~]")
_SOFT, _HARD = b"=\r\n", b"\r\n"


def quoted(text: str) -> bytes:
    """Encode a piece of text in quoted-printable: lines of at most 76 characters, CRLF ends, nothing but printable ASCII.

    Every kind of line end in `text` becomes CRLF.
    """
    if _SIMPLE.fullmatch(text):
        return text.encode("ascii") + _SOFT
    *lines, last = _lines(text).encode("utf-8", "replace").split(b"\n")
    made = [_SOFT.join(_wrapped(_sealed(line))) + _HARD for line in lines]
    return b"".join((*made, *(piece + _SOFT for piece in _wrapped(_OTHER.sub(_hexadecimal, last)))))


def plain(text: str) -> bytes:
    """Encode a piece of text for base64: UTF-8 with CRLF line ends (RFC 2045 section 6.8)."""
    return _lines(text).replace("\n", "\r\n").encode("utf-8", "replace")


def base64_lines(data: bytes) -> bytes:
    """Return `data` in base64, 76 characters a line, the last line without its end."""
    encoded = b2a_base64(data, newline=False)
    whole = max(len(encoded) - 1, 0) // WIDTH
    lines = np.empty((whole, WIDTH + 2), dtype=np.uint8)
    lines[:, :WIDTH] = np.frombuffer(encoded, np.uint8, whole * WIDTH).reshape(whole, WIDTH)
    lines[:, WIDTH:] = (13, 10)
    return lines.tobytes() + encoded[whole * WIDTH :]


def part(kind: str, encoding: str, pieces: list[bytes]) -> list[bytes]:
    """Return a body part as pieces of bytes, from its entries to the CRLF that belongs to the next boundary.

    `pieces` are encoded by `quoted` or `plain`, as `encoding` says.
    """
    entries = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    if encoding == BASE64:
        return [entries, base64_lines(b"".join(pieces)), _HARD]
    if pieces and pieces[-1].endswith(_SOFT) and pieces[-1][-4:-3] not in (b" ", b""):
        pieces = [*pieces[:-1], pieces[-1].removesuffix(_SOFT)]
    return [entries, *pieces, _HARD]


def assemble(head: bytes, message_id: str, parts: Iterable[list[bytes]]) -> bytes:
    """Return the whole message: multipart/alternative with `parts` in order. `head` is our fields, each with its CRLF."""
    # "=_" occurs neither in quoted-printable nor in base64.
    boundary = b"=_" + blake2b(message_id.encode(), digest_size=16).hexdigest().encode()
    pieces = [head, b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="', boundary, b'"\r\n\r\n']
    for one in parts:
        pieces += (b"--", boundary, _HARD, *one)
    pieces += (b"--", boundary, b"--\r\n")
    return b"".join(pieces)


def serialise(headers: Iterable[str], message_id: str, text: str, html: str) -> bytes:
    """Return the message of two whole texts, in quoted-printable. `headers` are fields as composer.render.headers writes them."""
    head = "".join(f"{field}\r\n" for field in headers).encode("ascii")
    return assemble(head, message_id, [part("text/plain", QUOTED, [quoted(text)]), part("text/html", QUOTED, [quoted(html)])])


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _sealed(line: bytes) -> bytes:
    """Encode a line that ends in a CRLF: a blank at its end would be lost on the way."""
    made = _OTHER.sub(_hexadecimal, line)
    return made[:-1] + b"=20" if made.endswith(b" ") else made


def _hexadecimal(found: re.Match[bytes]) -> bytes:
    return b"=%02X" % ord(found[0])


def _wrapped(encoded: bytes) -> Iterator[bytes]:
    """Cut an encoded line so that a soft break fits behind every piece, between characters. Full stops and "From " never lead."""
    at = 0
    while at < len(encoded):
        lead = b""
        if encoded.startswith((b".", b"From "), at):  # "From ": some mail stores put a > before it, and break the signature
            lead, at = b"=%02X" % encoded[at], at + 1
        end = at + WIDTH - 1 - len(lead)
        if end < len(encoded):
            end -= 1 if encoded[end - 1 : end] == b"=" else 2 if encoded[end - 2 : end - 1] == b"=" else 0
        yield lead + encoded[at:end]
        at = end
