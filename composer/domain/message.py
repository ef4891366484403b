"""A message: the rendered bytes of a newsletter, and what a transport needs to send them."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import a2b_qp
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Message:
    """`data` is the whole MIME message with CRLF line ends; what is checked is what is sent. `html` and `text` are read back from it."""

    message_id: str
    sender: str
    """Envelope MAIL FROM."""
    recipient: str
    """Envelope RCPT TO, domain as A-label."""
    subject: str
    data: bytes
    relay: str = ""
    """Name of the relay that carries it; empty: the order of `delivery.relays`."""

    @cached_property
    def html(self) -> str:
        """The HTML part as a reader's program decodes it."""
        return decoded_part(self.data, b"text/html")

    @cached_property
    def text(self) -> str:
        """The text part as a reader's program decodes it."""
        return decoded_part(self.data, b"text/plain")


def decoded_part(data: bytes, kind: bytes) -> str:
    """Return the first part of this kind with LF line ends, decoded; an empty string where there is none."""
    found = re.search(
        rb"\r\n--([^\r\n]+)\r\nContent-Type: " + re.escape(kind) + rb"[^\r\n]*\r\nContent-Transfer-Encoding: (\S+)\r\n\r\n", data
    )
    if not found:
        return ""
    body = data[found.end() : data.find(b"\r\n--" + found[1], found.end())]
    plain = b64decode(body) if found[2] == b"base64" else a2b_qp(body)
    return plain.decode("utf-8", errors="replace").replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw. `check` is its id in docs/checks.md, `blocks` tells whether the letter must not leave.

    `tier`: 1 a compiled piece, 2 the quick look at every letter, 3 the whole list over the final bytes.
    """

    check: str
    blocks: bool
    message: str
    tier: int = 3
