"""What in a mail may prove that it speaks of a letter of ours: tokens and Message-IDs, wherever they stand.

They are keyed: nobody can write one that was not read in a letter. So it does not matter where in a mail they are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from composer.dispatch.mail.said import Proof
from composer.dispatch.mail.structure import LARGEST, Head, Mail

MOST = 24
_PLUS = re.compile(rb"\+([a-zA-Z2-7]{44})@")
_MESSAGE_ID = re.compile(rb"<([a-z2-7]{26}@[A-Za-z0-9.-]{1,253})>")
_LINK = re.compile(rb"/u/([A-Za-z0-9_-]{36})(?![A-Za-z0-9_-])")
_CAME_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc", "received", "resent-to")


def proof_of(raw: bytes, mail: Mail, envelope_to: str) -> Proof:
    """Collect at most MOST of each kind from the bytes as they came and from what the parts' transfer encodings hid."""
    pieces = [raw[:LARGEST], *(leaf.content for leaf in mail.leaves if leaf.head.has("content-transfer-encoding"))]
    return Proof(
        came_to=_found(_PLUS, _destinations(mail.head, envelope_to)),
        plus=_found(_PLUS, [envelope_to.encode("utf-8", "replace"), *pieces]),
        message_ids=tuple(f"<{found}>" for found in _found(_MESSAGE_ID, pieces, lower=False)),
        links=_found(_LINK, pieces, lower=False),
    )


def _destinations(head: Head, envelope_to: str) -> Iterable[bytes]:
    yield envelope_to.encode("utf-8", "replace")
    for name in _CAME_TO:
        for value in head.all(name)[:20]:
            yield value.encode("utf-8", "replace")


def _found(pattern: re.Pattern[bytes], pieces: Iterable[bytes], *, lower: bool = True) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for piece in pieces:
        for match in pattern.finditer(piece):
            word = match[1].decode("ascii")
            found[word.lower() if lower else word] = None
            if len(found) == MOST:
                return tuple(found)
    return tuple(found)
