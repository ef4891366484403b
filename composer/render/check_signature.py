"""Checks of DKIM signatures (RFC 6376, 8301, 8463): what they promise, on every letter; that they verify, over the final bytes.

Written apart from what signs, so that both would have to misread the RFC in the same way. Without a configured key nothing is asked.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from hashlib import sha256
from typing import Any

from composer.render.case import Check, Letter, tags, when

_MUST = frozenset(("to", "subject", "date", "message-id"))
_WHERE_PRESENT = frozenset(("reply-to", "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"))
_SIGNATURE = re.compile(rb"(?i)dkim-signature:")
LEAST_BITS = 2048


def _there(letter: Letter) -> str:
    keys = letter.context.public_keys
    if not keys:
        return ""
    found = [(one.get("s", ""), one.get("d", "")) for one in letter.signatures]
    return when(any((selector, domain) not in found for selector, domain, _ in keys), "none by a configured key")


def _aligned(letter: Letter) -> str:
    domain = letter.envelope.sender_address.rpartition("@")[2].lower()
    signed = [one.get("d", "").lower() for one in letter.signatures] if letter.context.public_keys else []
    return when(any(not f".{domain}".endswith(f".{d}") and not f".{d}".endswith(f".{domain}") for d in signed), "another domain")


def _covered(letter: Letter) -> str:
    if not letter.context.public_keys:
        return ""
    wanted = _MUST | (_WHERE_PRESENT & letter.head.by_name.keys())
    for one in letter.signatures:
        names = one.get("h", "").lower().split(":")
        if names.count("from") < 2 or not wanted <= set(names):
            return "one is missing"
        if "l" in one:
            return "an l= tag"
    return ""


def _algorithm(letter: Letter) -> str:
    if not letter.context.public_keys:
        return ""
    used = [one.get("a", "") for one in letter.signatures]
    weak = any(getattr(key, "key_size", LEAST_BITS) < LEAST_BITS for _, _, key in letter.context.public_keys)
    return when(weak or not {"rsa-sha256", "ed25519-sha256"}.issuperset(used), ", ".join(used) or "a short key")


def _verifies(letter: Letter) -> str:
    """Verify every configured key's signature over the bytes as they are."""
    data = letter.message.data
    for selector, domain, key in letter.context.public_keys:
        mine = [one for one in _raw_signatures(data) if (tags(_text(one)).get("s"), tags(_text(one)).get("d")) == (selector, domain)]
        if not any(verified(data, one, key) for one in mine):
            return f"not by the key of {selector}._domainkey.{domain}"
    return ""


def verified(data: bytes, field: bytes, key: Any) -> bool:
    """Tell whether `field`, a whole DKIM-Signature of `data`, is a signature by the public `key`; relaxed or simple in either half."""
    from cryptography.exceptions import InvalidSignature  # only where letters are signed
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    found = tags(_text(field))
    of_head, _, of_body = found.get("c", "simple/simple").partition("/")
    head, _, body = data.partition(b"\r\n\r\n")
    try:
        if b64decode(found.get("bh", "")) != sha256(_body(body, of_body or "simple")).digest():
            return False
        signed = _head(_unfolded_fields(head), found.get("h", "").lower().split(":"), of_head)
        # RFC 6376 section 3.7: the signature signs itself, with b= empty and without its line end.
        signed += _line(re.sub(rb"(?s)(;\s*b=)[^;]*", rb"\1", field), of_head).removesuffix(b"\r\n")
        signature = b64decode(found.get("b", ""))
        if hasattr(key, "key_size"):
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, sha256(signed).digest())  # RFC 8463 section 3
    except (Error, ValueError, InvalidSignature):
        return False
    return True


def _raw_signatures(data: bytes) -> list[bytes]:
    return [field for field in _unfolded_fields(data.partition(b"\r\n\r\n")[0]) if _SIGNATURE.match(field)]


def _text(field: bytes) -> str:
    return field.partition(b":")[2].decode("ascii", "replace")


def _unfolded_fields(head: bytes) -> list[bytes]:
    """Return the fields as they stand, continuation lines with the line they belong to."""
    return re.split(rb"\r\n(?![ \t])", head)


def _head(fields: list[bytes], names: list[str], how: str) -> bytes:
    left = [(field.partition(b":")[0].strip().decode("latin-1").lower(), field) for field in fields]
    taken = []
    for name in names:
        # RFC 6376 section 5.4.2: of several the last is taken first; a name too many stands for nothing.
        at = max((place for place, (known, _) in enumerate(left) if known == name), default=-1)
        if at >= 0:
            taken.append(_line(left.pop(at)[1], how))
    return b"".join(taken)


def _line(field: bytes, how: str) -> bytes:
    if how != "relaxed":
        return field + b"\r\n"
    name, _, value = field.partition(b":")
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip().lower() + b":" + value + b"\r\n"


def _body(body: bytes, how: str) -> bytes:
    if how == "relaxed":
        body = re.sub(rb"[ \t]+\r\n", b"\r\n", re.sub(rb"[ \t]+", b" ", body))
    return re.sub(rb"(?:\r\n)*\Z", b"", body, count=1) + b"\r\n" if body.strip(b"\r\n") else (b"\r\n" if how == "simple" else b"")


SIGNATURE: tuple[tuple[str, Check], ...] = (("A02", _there), ("A03", _aligned), ("A04", _covered), ("A05", _algorithm))
VERIFIED: tuple[tuple[str, Check], ...] = (("A02", lambda letter: _there(letter) or _verifies(letter)), *SIGNATURE[1:])
