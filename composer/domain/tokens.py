"""Tokens in links: opaque, deterministic, one purpose each, 36 characters.

A token is a synthetic IV (RFC 5297's idea): 16 bytes of HMAC-SHA256 over purpose and payload, then the payload
XORed with a key stream made from them. Nothing can be read or changed without the key, and the same
(edition, recipient, purpose) always gives the same token. 27 bytes are 36 base64url characters with no unused bits.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from struct import pack, unpack

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
TOKEN_LENGTH = 36


class Purpose(StrEnum):
    """What a token may do. Header and body unsubscribe links are different tokens."""

    unsubscribe_header = "uh"
    unsubscribe_body = "ub"
    preferences = "p"
    why = "w"
    view = "v"
    click = "c"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token speaks of: store row numbers, and the edition's scheduled minute."""

    recipient: int
    campaign: int
    scheduled: datetime


def _mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"\0".join(parts), "sha256")


def make_token(key: bytes, purpose: Purpose, subject: Subject, position: int = 0) -> str:
    """Return the token of `subject` for one purpose; a click's is another one for every block's position (from 1)."""
    minutes = int((subject.scheduled - EPOCH) // timedelta(minutes=1))
    payload = pack(">IBHi", subject.recipient, subject.campaign >> 16, subject.campaign & 0xFFFF, minutes)
    use = _use(purpose, position)
    iv = _mac(key, b"iv", use, payload)[:16]
    stream = _mac(key, b"stream", use, iv)[: len(payload)]
    return base64.urlsafe_b64encode(iv + bytes(a ^ b for a, b in zip(payload, stream, strict=True))).decode()


def _use(purpose: Purpose, position: int) -> bytes:
    return purpose.encode() + (str(position).encode() if position else b"")


def read_click(key: bytes, token: str, most: int = 12) -> tuple[Subject, int] | None:
    """Return whom a click token speaks of and the position of the block (1 to `most`), or None where it is none of ours."""
    for position in range(1, most + 1):
        if subject := read_token(key, Purpose.click, token, position):
            return subject, position
    return None


def read_token(key: bytes, purpose: Purpose, token: str, position: int = 0) -> Subject | None:
    """Return whom the token speaks of, or None where it is not one of ours for this purpose (and position)."""
    if len(token) != TOKEN_LENGTH or not token.isascii() or "+" in token or "/" in token:
        return None  # the decoder takes + and / beside - and _: two spellings of one token
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 27:
        return None
    iv, hidden = raw[:16], raw[16:]
    use = _use(purpose, position)
    stream = _mac(key, b"stream", use, iv)[:11]
    payload = bytes(a ^ b for a, b in zip(hidden, stream, strict=True))
    if not hmac.compare_digest(_mac(key, b"iv", use, payload)[:16], iv):
        return None
    recipient, campaign_high, campaign_low, minutes = unpack(">IBHi", payload)
    return Subject(recipient, campaign_high << 16 | campaign_low, EPOCH + timedelta(minutes=minutes))


def keyed_id(key: bytes, purpose: str, *parts: str) -> str:
    """Return 26 characters that only the key's holder can make: Message-IDs and address hashes."""
    return base64.b32encode(_mac(key, purpose.encode(), *(part.encode() for part in parts))[:16]).decode().rstrip("=").lower()
