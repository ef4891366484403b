"""Tokens in links: opaque, deterministic, one purpose each, 36 characters; those of clicks and surveys 40, for they name a block too.

A token is a synthetic IV (RFC 5297's idea): 16 bytes of HMAC-SHA256 over purpose and payload, then the payload
XORed with a key stream made from them. Nothing can be read or changed without the key, and the same
(edition, recipient, purpose) always gives the same token. 27 bytes are 36 base64url characters with no unused bits, 30 are 40.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from struct import pack, unpack

import numpy as np

from composer.domain.keys import Keys
from composer.domain.sender import MAIL_TOKEN_LENGTH as MAIL_TOKEN_LENGTH

Key = bytes | Keys
"""One key, or the ring: the minute in the token says which of the ring's makes and reads it."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
TOKEN_LENGTH = 36
TRAP = 0xFFFF
"""The position of a click token that stands in no block: the link of a letter that nobody sees."""
MAIL_TOKEN_VERSION = 1
"""Stands in front of a token in a mail address: those of letters sent long ago stay readable when its form changes."""
_URLSAFE = bytes.maketrans(b"+/", b"-_")
_BLOCK = 64
"""Octets of a block of SHA-256."""
_PAIRS = [first + second for first in "abcdefghijklmnopqrstuvwxyz234567" for second in "abcdefghijklmnopqrstuvwxyz234567"]
"""Lower-case base32, two letters at a time: base64.b32encode is written in Python, and takes four times as long."""
_BASE32 = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)


class Purpose(StrEnum):
    """What a token may do. Header and body unsubscribe links are different tokens."""

    unsubscribe_header = "uh"
    unsubscribe_body = "ub"
    preferences = "p"
    why = "w"
    view = "v"
    click = "c"
    return_path = "r"
    unsubscribe_mail = "um"
    open = "o"
    survey = "s"
    confirm = "cf"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token speaks of: store row numbers, and the edition's scheduled minute."""

    recipient: int
    campaign: int
    scheduled: datetime


def _mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"\0".join(parts), "sha256")


def make_token(key: Key, purpose: Purpose, subject: Subject) -> str:
    """Return the token of `subject` for one purpose."""
    return _seal(key, purpose, _payload(subject))


def make_tokens(key: Key, purposes: Sequence[Purpose], subject: Subject) -> list[str]:
    """Return the tokens of `subject` for several purposes."""
    payload = _payload(subject)
    return [_seal(key, purpose, payload) for purpose in purposes]


def read_token(key: Key, purpose: Purpose, token: str) -> Subject | None:
    """Return whom the token speaks of, or None where it is not one of ours for this purpose."""
    payload = _unseal(key, purpose, token, 11)
    return None if payload is None else _subject(payload)


def click_token(key: Key, subject: Subject, position: int) -> str:
    """Return the token of the link in the block at `position` (from 1) of the letter that `subject` speaks of."""
    return _block_token(key, Purpose.click, subject, position)


def read_click_token(key: Key, token: str) -> tuple[Subject, int] | None:
    """Return the letter and the block's position, or None where it is not one of ours."""
    return _read_block_token(key, Purpose.click, token)


def survey_token(key: Key, subject: Subject, position: int) -> str:
    """Return the token of the question that the block at `position` (from 1) of this letter asks: it opens a page and does nothing."""
    return _block_token(key, Purpose.survey, subject, position)


def read_survey_token(key: Key, token: str) -> tuple[Subject, int] | None:
    """Return the letter and the block's position, or None where it is not one of ours."""
    return _read_block_token(key, Purpose.survey, token)


def _block_token(key: Key, purpose: Purpose, subject: Subject, position: int) -> str:
    return _seal(key, purpose, pack(">IIiH", subject.recipient, subject.campaign, _minutes(subject), position))


def _read_block_token(key: Key, purpose: Purpose, token: str) -> tuple[Subject, int] | None:
    payload = _unseal(key, purpose, token, 14)
    if payload is None:
        return None
    recipient, campaign, minutes, position = unpack(">IIiH", payload)
    return Subject(recipient, campaign, EPOCH + timedelta(minutes=minutes)), position


def mail_token(key: Key, purpose: Purpose, subject: Subject) -> str:
    """Return the token of `subject` as it stands in a mail address: lower-case base32, for mail systems fold case (RFC 5321 2.4).

    44 characters are 220 bits: a version in the first four, 128 of MAC, 88 of payload, none unused.
    """
    sealed = _sealed(key, purpose, _payload(subject))
    number = MAIL_TOKEN_VERSION << 216 | int.from_bytes(sealed)
    return base64.b32encode((number << 20).to_bytes(30))[:MAIL_TOKEN_LENGTH].decode().lower()


def read_mail_token(key: Key, purpose: Purpose, token: str) -> Subject | None:
    """Return whom a token in a mail address speaks of, in whatever case it came; None where it is not ours for this purpose."""
    if len(token) != MAIL_TOKEN_LENGTH or not token.isascii():
        return None
    try:
        number = int.from_bytes(base64.b32decode(token.upper() + "AAAA")) >> 20
    except binascii.Error:
        return None
    if number >> 216 != MAIL_TOKEN_VERSION:
        return None
    payload = _opened(key, purpose, (number & ((1 << 216) - 1)).to_bytes(27))
    return _subject(payload) if payload is not None else None


def tagged(address: str, token: str) -> str:
    """Return the mail address with a token behind a + before its @ (RFC 5233 calls it a detail)."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def tag_of(address: str) -> str:
    """Return what stands behind the last + before the @; empty where nothing does."""
    return address.rpartition("@")[0].rpartition("+")[2] if "+" in address else ""


def _payload(subject: Subject) -> bytes:
    return pack(">IBHi", subject.recipient, subject.campaign >> 16, subject.campaign & 0xFFFF, _minutes(subject))


def _subject(payload: bytes) -> Subject:
    recipient, campaign_high, campaign_low, minutes = unpack(">IBHi", payload)
    return Subject(recipient, campaign_high << 16 | campaign_low, EPOCH + timedelta(minutes=minutes))


def _minutes(subject: Subject) -> int:
    return int((subject.scheduled - EPOCH) // timedelta(minutes=1))


def _seal(key: Key, purpose: Purpose, payload: bytes) -> str:
    sealed = binascii.b2a_base64(_sealed(key, purpose, payload), newline=False)
    return sealed.translate(_URLSAFE).decode()


def _sealed(key: Key, purpose: Purpose, payload: bytes) -> bytes:
    key = key if isinstance(key, bytes) else key.at(_scheduled(payload))
    iv = _begun_mac(key, b"iv", purpose)(payload)[:16]
    stream = _begun_mac(key, b"stream", purpose)(iv)[: len(payload)]
    return iv + _xor(payload, stream)


@lru_cache(64)
def _begun_mac(key: bytes, what: bytes, purpose: Purpose) -> Callable[[bytes], bytes]:
    """`_mac(key, what, purpose, ...)`, begun with what is the same for every letter (RFC 2104 section 4): a third of the time."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + b"\0".join((what, purpose.encode(), b"")))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def ended(last: bytes) -> bytes:
        within, around = inner.copy(), outer.copy()
        within.update(last)
        around.update(within.digest())
        return around.digest()

    return ended


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))


def _unseal(key: Key, purpose: Purpose, token: str, size: int) -> bytes | None:
    """Return the payload of `size` bytes (16 + size is a multiple of three: no unused bits); None where it is not ours."""
    if len(token) != (16 + size) // 3 * 4 or not token.isascii() or "+" in token or "/" in token:
        return None  # the decoder takes + and / beside - and _: two spellings of one token
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return _opened(key, purpose, raw) if len(raw) == 16 + size else None


def _opened(key: Key, purpose: Purpose, raw: bytes) -> bytes | None:
    """Return the payload; None where no key of ours made it, or one that was not in force for its edition."""
    if isinstance(key, bytes):
        return _opened_with(key, purpose, raw)
    for one in key.newest_first:
        payload = _opened_with(one, purpose, raw)
        if payload is not None:
            return payload if key.at(_scheduled(payload)) == one else None
    return None


def _scheduled(payload: bytes) -> datetime:
    """The edition's minute in a payload of either form."""
    place = 7 if len(payload) == 11 else 8
    return EPOCH + timedelta(minutes=int.from_bytes(payload[place : place + 4], signed=True))


def _opened_with(key: bytes, purpose: Purpose, raw: bytes) -> bytes | None:
    iv, hidden = raw[:16], raw[16:]
    stream = _mac(key, b"stream", purpose.encode(), iv)[: len(hidden)]
    payload = _xor(hidden, stream)
    return payload if hmac.compare_digest(_mac(key, b"iv", purpose.encode(), payload)[:16], iv) else None


def keyed_id(key: bytes, purpose: str, *parts: str) -> str:
    """Return 26 characters that only the key's holder can make: Message-IDs and address hashes."""
    number = int.from_bytes(_mac(key, purpose.encode(), *[part.encode() for part in parts])[:16]) << 2
    return "".join([_PAIRS[number >> place & 1023] for place in range(120, -1, -10)])


def keyed_ids(key: bytes, purpose: str, first: str, rest: Sequence[str]) -> list[str]:
    """Return keyed_id(key, purpose, first, word) of every word."""
    begun = b"\0".join((purpose.encode(), first.encode(), b""))
    digests = b"".join([hmac.digest(key, begun + word.encode(), "sha256")[:16] for word in rest])
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16), axis=1)
    fives = np.concatenate([bits, np.zeros((len(bits), 2), dtype=np.uint8)], axis=1).reshape(-1, 26, 5)
    letters = _BASE32[np.packbits(fives, axis=2)[:, :, 0] >> 3].tobytes().decode()
    return [letters[start : start + 26] for start in range(0, len(letters), 26)]
