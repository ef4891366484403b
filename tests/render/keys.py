"""Two signing keys for tests, and the DNS that they would have."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dkim import DKIM, DKIMException

from composer.render.dkim import Signer, record

PERL = Path(__file__).with_name("verify_dkim.pl")


@cache
def signers() -> tuple[Signer, Signer]:
    """An RSA key of 2048 bits and an Ed25519 key, made once a test process."""
    rsa = Signer("example.com", "composer", generate_private_key(public_exponent=65537, key_size=2048))
    return rsa, Signer("example.com", "composer-ed25519", Ed25519PrivateKey.generate())


def pem(signer: Signer) -> bytes:
    return signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def dns(*named: Signer) -> dict[str, str]:
    """Name -> TXT."""
    return {name: "".join(strings) for name, strings in map(record, named or signers())}


def dkimpy_says(data: bytes, texts: dict[str, str] | None = None) -> list[bool]:
    """Return dkimpy's verdict on every signature, top down."""
    texts = dns() if texts is None else texts
    count = data.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    return [_holds(data, place, texts) for place in range(count)]


def _holds(data: bytes, place: int, texts: dict[str, str]) -> bool:
    try:
        return bool(DKIM(data).verify(place, dnsfunc=lambda name, timeout=5: texts[name.decode().rstrip(".")].encode()))
    except DKIMException:
        return False


def perl_says(data: bytes, texts: dict[str, str] | None = None) -> list[str]:
    """Return Mail::DKIM's verdict on every signature, top down: `pass`, `fail (why)` or `invalid (why)`."""
    pairs = [word for pair in (dns() if texts is None else texts).items() for word in pair]
    done = subprocess.run(["perl", str(PERL), *pairs], input=data, capture_output=True, check=True)
    return [line.partition(" ")[2] for line in done.stdout.decode().splitlines()]
