"""DKIM signatures over the final bytes: rsa-sha256, and ed25519-sha256 beside it (RFC 6376, 8301, 8463).

c=relaxed/simple: the header may be refolded on its way, the body may not; we write the body's lines ourselves, so
hashing it costs one pass and no regular expression. There is no l=, which would leave room for added text (8301 4).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from composer.errors import UsageError

SIGNED = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-id",
    b"feedback-id",
    b"auto-submitted",
    b"mime-version",
    b"content-type",
)
"""Fields that are signed, in this order."""
ONCE_MORE = (b"from", b"to", b"subject", b"date", b"reply-to", b"content-type")
"""Signed once more than they are present, also where none is (RFC 6376 sections 5.4, 8.15): so none can be added."""
LEAST_BITS = 2048
"""RFC 8301 section 3.2: signers SHOULD use at least 2048 bits."""
_BLANKS = re.compile(rb"[ \t]+")
_PKCS1, _SHA256 = padding.PKCS1v15(), hashes.SHA256()


@dataclass(frozen=True)
class Signer:
    """A private key and where its public half stands in DNS: SELECTOR._domainkey.DOMAIN."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @property
    def kind(self) -> str:
        """What k= and the first half of a= call it."""
        return "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"

    @cached_property
    def opening(self) -> bytes:
        return f"DKIM-Signature: v=1; a={self.kind}-sha256; c=relaxed/simple; d={self.domain};\r\n s={self.selector}; t=".encode("ascii")

    def raw(self, signed: bytes) -> bytes:
        """Return the signature of canonical bytes. Ed25519 signs their SHA-256 (RFC 8463 section 3)."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(signed, _PKCS1, _SHA256)
        return self.key.sign(sha256(signed).digest())


def sign(data: bytes, signers: Sequence[Signer], at: datetime) -> bytes:
    """Return the message with one DKIM-Signature per signer put ahead; the same arguments give the same bytes.

    `data` has CRLF line ends. `at` becomes t=: the letter's own date, and not the clock.
    """
    blank = data.find(b"\r\n\r\n")
    listed, canonical = _selected(data[:blank])
    body_hash = b64encode(sha256(_simple(data, blank + 4)).digest())
    end = b"%d;\r\n %b\r\n bh=%b;\r\n b=" % (int(at.timestamp()), listed, body_hash)
    made = []
    for signer in signers:
        field = signer.opening + end
        own = b"dkim-signature:" + field.replace(b"\r\n", b"")[len(b"DKIM-Signature: ") :]
        signature = b64encode(signer.raw(canonical + own))
        made += [field, b"\r\n ".join([signature[cut : cut + 70] for cut in range(0, len(signature), 70)]), b"\r\n"]
    return b"".join((*made, data))


def load_key(pem: bytes, where: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """Read a private key from PEM; UsageError naming `where` for anything that letters should not be signed with."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError("no private key in PEM without a password", where=where, do="Make one with 'composer dkim key'.") from None
    if isinstance(key, RSAPrivateKey) and key.key_size < LEAST_BITS:
        raise UsageError(f"{key.key_size} bits are too few", where=where, do=f"Make a key of {LEAST_BITS} bits with 'composer dkim key'.")
    if isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        return key
    raise UsageError("neither an RSA nor an Ed25519 key", where=where, do="Make one with 'composer dkim key'.")


def record(signer: Signer) -> tuple[str, tuple[str, ...]]:
    """Return the DNS name and the TXT record's strings, each of at most 255 bytes (RFC 6376 section 3.6.2)."""
    public = signer.key.public_key()
    if isinstance(signer.key, RSAPrivateKey):
        stored = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        stored = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)  # RFC 8463 section 4
    text = f"v=DKIM1; k={signer.kind}; p={b64encode(stored).decode()}"
    return f"{signer.selector}._domainkey.{signer.domain}", tuple(text[at : at + 255] for at in range(0, len(text), 255))


def _selected(head: bytes) -> tuple[bytes, bytes]:
    """Return the h= tag and the signed fields in its order, in relaxed form (RFC 6376 section 3.4.2).

    Relaxed: the name in small letters, unfolded, runs of blanks as one, none around the colon or at the end.
    """
    unfolded = head.replace(b"\r\n ", b" ")
    if b"\t" in unfolded or b"  " in unfolded or b" \r\n" in unfolded or unfolded.endswith(b" "):
        unfolded = _BLANKS.sub(b" ", unfolded.replace(b"\r\n\t", b"\t")).replace(b" \r\n", b"\r\n").rstrip(b" ")
    parts = [field.partition(b":") for field in unfolded.split(b"\r\n")]
    listed, places = _plan(tuple([name for name, _, _ in parts]))
    return listed, b"".join([b"%b:%b\r\n" % (name, parts[place][2].lstrip(b" ")) for name, place in places])


@lru_cache(64)
def _plan(present: tuple[bytes, ...]) -> tuple[bytes, tuple[tuple[bytes, int], ...]]:
    """Return the h= tag, and name and place of the fields it signs; letters of a campaign share theirs."""
    names: list[bytes] = []
    places: list[tuple[bytes, int]] = []
    for name in SIGNED:
        found = [place for place, other in enumerate(present) if other.strip(b" ").lower() == name]
        names += [name] * (len(found) + (name in ONCE_MORE))
        places += [(name, place) for place in reversed(found)]  # RFC 6376 section 5.4.2: of several, the last is taken first
    return _listed(names), tuple(places)


def _listed(names: Sequence[bytes]) -> bytes:
    """Return the h= tag, folded behind its colons so that lines stay within 76 characters."""
    lines = [b"h="]
    for name in (*(name + b":" for name in names[:-1]), *(name + b";" for name in names[-1:])):
        if len(lines[-1]) + len(name) > 74:
            lines.append(b"")
        lines[-1] += name
    return b"\r\n ".join(lines)


def _simple(data: bytes, start: int) -> memoryview | bytes:
    """RFC 6376 section 3.4.3: the body, from `start`, with exactly one CRLF at its end."""
    end = len(data)
    while end - 2 >= start and data.endswith(b"\r\n", start, end):
        end -= 2
    whole = data.startswith(b"\r\n", end)
    return memoryview(data)[start : end + 2] if whole else data[start:end] + b"\r\n"
