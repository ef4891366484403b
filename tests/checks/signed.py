"""A signed letter to damage."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from composer.domain.level import Level
from composer.render.dkim import Signer, sign
from tests.checks.faults import Case, Edit, good


@cache
def signers(bits: int = 2048, domain: str = "example.com") -> tuple[Signer, ...]:
    """An RSA key and an Ed25519 key, made once a test process."""
    rsa = Signer(domain, "composer", generate_private_key(65537, bits))
    return rsa, Signer(domain, "composer-ed25519", Ed25519PrivateKey.generate())


def signed(case: Case | None = None, by: tuple[Signer, ...] = ()) -> Case:
    """The letter with its signatures, and a context that knows the keys."""
    case, by = case or good(Level.standard), by or signers()
    one = case.made
    keys = tuple((signer.selector, signer.domain, signer.key.public_key()) for signer in by)
    data = sign(one.message.data, by, one.envelope.date)
    return replace(case, made=replace(one, message=replace(one.message, data=data)), context=replace(case.context, public_keys=keys))


def signing(edit: Edit) -> Edit:
    """Damage first, sign then."""
    return lambda case: signed(edit(replace(case, context=replace(case.context, public_keys=()))))


def by_dkimpy(data: bytes, forms: tuple[bytes, bytes], covered: list[bytes]) -> bytes:
    """The DKIM-Signature of another signer, who covers these fields once each, without its line end."""
    key = signers()[0].key
    assert isinstance(key, RSAPrivateKey)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    field: bytes = dkim.sign(data, b"composer", b"example.com", pem, canonicalize=forms, include_headers=covered)
    return field.removesuffix(b"\r\n")
