"""`composer dkim key|record`: make the key that signs letters, and print what DNS must say about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli._context import Context, Json, print_json
from composer.errors import Refused, UsageError

if TYPE_CHECKING:
    from composer.config import Settings
    from composer.render.dkim import Signer


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="The key that signs letters, and its record in DNS.")
    group.command("key")(key)
    group.command("record")(record)
    app.add_typer(group, name="dkim")


def key(
    context: typer.Context,
    ed25519: Annotated[bool, typer.Option("--ed25519", help="An Ed25519 key, to sign with beside the RSA one.")] = False,
    as_json: Json = False,
) -> None:
    """Make a signing key (RSA of 2048 bits) and print its DNS record. A key that is there is never overwritten."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from composer.render.dkim import LEAST_BITS, Signer

    made: Context = context.obj
    settings = made.settings()
    section = settings.dkim
    setting, name = (
        ("ed25519_key_file", section.ed25519_key_file or "dkim-ed25519.pem")
        if ed25519
        else ("key_file", section.key_file or "dkim-rsa.pem")
    )
    private = Ed25519PrivateKey.generate() if ed25519 else generate_private_key(public_exponent=65537, key_size=LEAST_BITS)
    file = settings.path(Path(name))
    _write(file, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signer = Signer(_domain(settings), section.ed25519_selector if ed25519 else section.selector, private)
    if as_json:
        print_json({"file": str(file), "setting": f"dkim.{setting}", "value": name, **_record(signer)})
        return
    print(f"Made {file}, readable by you alone. Keep a copy where backups are kept.\n")
    if not (section.ed25519_key_file if ed25519 else section.key_file):
        print(f'Sign with it, in the configuration:\n\n[dkim]\n{setting} = "{name}"\n')
    print("Put this record into DNS first; letters signed with a key that nobody can look up are worse off than unsigned ones:\n")
    print(_zone_line(signer))


def record(context: typer.Context, as_json: Json = False) -> None:
    """Print the TXT records that DNS must hold for the configured keys, one a line, in the form of a zone file."""
    from composer.app import open_signers

    made: Context = context.obj
    signers = open_signers(made.settings())
    if not signers:
        raise UsageError("no key is set", where="dkim.key_file", do="Make one with 'composer dkim key' and name it in [dkim].")
    if as_json:
        print_json([_record(signer) for signer in signers])
        return
    for signer in signers:
        print(_zone_line(signer))


def _domain(settings: Settings) -> str:
    return settings.dkim.domain or settings.sender.address.rpartition("@")[2].lower()


def _write(file: Path, pem: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(
            "there is a key already",
            where=str(file),
            do="Letters on their way are verified by it. For a new one, name another file and another selector in [dkim].",
        ) from None
    with os.fdopen(handle, "wb") as out:
        out.write(pem)


def _record(signer: Signer) -> dict[str, object]:
    from composer.render.dkim import record as text

    name, strings = text(signer)
    return {"name": name, "type": "TXT", "strings": list(strings)}


def _zone_line(signer: Signer) -> str:
    from composer.render.dkim import record as text

    name, strings = text(signer)
    return f"{name}. IN TXT ( " + " ".join(f'"{part}"' for part in strings) + " )"
