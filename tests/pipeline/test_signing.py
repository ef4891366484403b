"""Signed letters on their way: preview, the sent bytes and test letters, and keys that are wrong."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from composer.app import App, open_app, open_signers
from composer.cli import build
from composer.config import Delivery, Dkim, Sender, load
from composer.domain.newsletter import Newsletter
from composer.domain.outcome import Verdict
from composer.errors import UsageError
from composer.pipeline.check_up import check_up
from composer.pipeline.compose import feedback_id
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import plan, schedule
from composer.pipeline.preview import preview
from composer.pipeline.test_letter import send_test_letter
from composer.render.dkim import Signer, sign
from tests.render.keys import dkimpy_says, dns, pem, perl_says, signers

from .conftest import NOW


def sign_with(app: App, folder: Path, *named: Signer) -> None:
    """Configure the keys, and a folder to send to."""
    for signer in named:
        (folder / f"{signer.kind}.pem").write_bytes(pem(signer))
    files = {("key_file" if signer.kind == "rsa" else "ed25519_key_file"): f"{folder}/{signer.kind}.pem" for signer in named}
    app.settings = app.settings.model_copy(
        update={
            "dkim": Dkim.model_validate(files),
            "sender": Sender(reply_to="answers@example.com"),
            "delivery": Delivery(transport="folder", folder=folder / "letters"),
        }
    )
    app.signers = open_signers(app.settings)


def someone(app: App) -> str:
    lines: list[str] = []
    plan(app, "weekly", NOW, line=lambda line: lines.append(line.recipient_id) if isinstance(line, Newsletter) else None)
    return lines[0]


def test_the_bytes_that_are_previewed_and_signed_are_the_bytes_that_are_sent(town: App, tmp_path: Path) -> None:
    sign_with(town, tmp_path, *signers())
    who = someone(town)
    seen = preview(town, who, "weekly", NOW)
    assert seen.message is not None
    assert dkimpy_says(seen.message.data) == [True, True]
    assert perl_says(seen.message.data)[0] == "pass"
    assert b"\r\nReply-To: <answers@example.com>\r\n" in seen.message.data
    assert b"\r\nFeedback-ID: weekly:letters:newsletter:examplecom\r\n" in seen.message.data
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in seen.message.data
    schedule(town, "weekly", NOW)
    report = asyncio.run(deliver(town, lambda: NOW))
    assert report.counts["accepted"] > 10
    sent = [file.read_bytes() for file in (tmp_path / "letters").glob("*.eml")]
    assert seen.message.data in sent
    assert all(dkimpy_says(data) == [True, True] for data in sent[:5])


def test_a_letter_may_be_signed_by_a_domain_below_the_senders(town: App, tmp_path: Path) -> None:
    sign_with(town, tmp_path, signers()[0])
    section = town.settings.dkim.model_copy(update={"domain": "mail.example.com"})
    town.settings = town.settings.model_copy(update={"dkim": section})
    town.signers = open_signers(town.settings)
    schedule(town, "weekly", NOW)
    report = asyncio.run(deliver(town, lambda: NOW))
    assert (report.counts["accepted"] > 10, report.counts["refused"]) == (True, 0)


def test_the_keys_have_the_names_in_dns_that_are_set(town: App, tmp_path: Path) -> None:
    sign_with(town, tmp_path, *signers())
    section = town.settings.dkim.model_copy(update={"selector": "one", "ed25519_selector": "two"})
    opened = open_signers(town.settings.model_copy(update={"dkim": section}))
    assert [(signer.kind, signer.selector) for signer in opened] == [("rsa", "one"), ("ed25519", "two")]


def test_a_test_letter_is_readdressed_before_it_is_signed(town: App, tmp_path: Path) -> None:
    sign_with(town, tmp_path, signers()[0])
    assert send_test_letter(town, "weekly", someone(town), "operator@example.com", NOW).verdict is Verdict.accepted
    (file,) = (tmp_path / "letters").glob("*.eml")
    assert b"\r\nTo: <operator@example.com>\r\n" in file.read_bytes()
    assert dkimpy_says(file.read_bytes()) == [True]
    assert perl_says(file.read_bytes()) == ["pass"]


@pytest.mark.parametrize(
    ("campaign", "label", "domain"),
    [
        ("weekly", "letters", "example.com"),
        ("letters", "letters", "a.fi"),
        ("x" * 60, "newsletter", "a-very-long-name.of-a-company.example"),
        ("Ä:b", "l", "pöytä.example"),
    ],
)
def test_a_feedback_id_has_four_ids_none_twice_and_a_sender_of_5_to_15_characters(campaign: str, label: str, domain: str) -> None:
    ids = feedback_id(campaign, label, domain).split(":")
    assert len(ids) == 4
    assert ids[3].isascii()
    assert ids[3].isalnum()
    assert 5 <= len(ids[3]) <= 15
    assert len({one for one in ids if one}) == len([one for one in ids if one])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"key_file": "nowhere.pem"}, "dkim.key_file: "),
        ({"key_file": "config.toml"}, "no private key in PEM"),
        ({"key_file": "rsa.pem", "domain": "example.org"}, "dkim.domain: 'example.org' is not the sender's domain"),
        ({"key_file": "rsa.pem", "domain": "com"}, "dkim.domain: 'com' is not the sender's domain"),
        (
            {"key_file": "rsa.pem", "ed25519_key_file": "ed25519.pem", "ed25519_selector": "composer"},
            "dkim.ed25519_selector: is the RSA key's too",
        ),
        ({"key_file": "ed25519.pem"}, "ed25519.pem: holds an ed25519 key"),
        ({"key_file": "rsa.pem", "ed25519_key_file": "rsa.pem"}, "rsa.pem: holds an rsa key"),
    ],
)
def test_a_wrong_key_is_refused_before_anything_starts(app: App, tmp_path: Path, changes: dict[str, str], text: str) -> None:
    for signer in signers():
        (app.settings.folder / f"{signer.kind}.pem").write_bytes(pem(signer))
    (app.settings.folder / "config.toml").write_text("")
    settings = app.settings.model_copy(update={"dkim": Dkim.model_validate(changes)})
    with pytest.raises(UsageError) as refused:
        open_app(settings)
    assert text in str(refused.value)


def test_an_ed25519_key_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="stands beside an RSA key, never alone"):
        Dkim(ed25519_key_file="x.pem")


def command(config: Path, *words: str) -> tuple[int, str, BaseException | None]:
    done = CliRunner().invoke(build(), ["--config", str(config), "dkim", *words])
    return done.exit_code, done.output, done.exception


def test_keys_are_made_once_readable_by_their_owner_alone_and_their_records_printed(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    assert "no key is set" in str(command(config, "record")[2])
    for words, name in ((("key",), "dkim-rsa.pem"), (("key", "--ed25519"), "dkim-ed25519.pem")):
        code, output, _ = command(config, *words)
        assert code == 0
        assert f'_key_file = "{name}"' in output or f'key_file = "{name}"' in output
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        before = (tmp_path / name).read_bytes()
        assert "there is a key already" in str(command(config, *words)[2])
        assert (tmp_path / name).read_bytes() == before
    config.write_text('[dkim]\nkey_file = "dkim-rsa.pem"\ned25519_key_file = "dkim-ed25519.pem"\n')
    _, output, _ = command(config, "record")
    names = [line.partition(" IN TXT ")[0] for line in output.splitlines()]
    assert names == ["composer._domainkey.example.com.", "composer-ed25519._domainkey.example.com."]
    records = json.loads(command(config, "record", "--json")[1])
    assert all(f'"{part}"' in output for record in records for part in record["strings"])


def test_the_printed_records_verify_what_the_made_keys_sign(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[dkim]\nkey_file = "keys/a.pem"\n')
    made = json.loads(command(config, "key", "--json")[1])
    signed = sign(b"From: a@example.com\r\n\r\nHello\r\n", open_signers(load(config)), datetime(2026, 1, 5, tzinfo=UTC))
    assert dkimpy_says(signed, {made["name"]: "".join(made["strings"])}) == [True]
    assert dkimpy_says(signed, dns()) == [False]


def test_a_key_that_others_can_read_is_told(town: App, tmp_path: Path) -> None:
    sign_with(town, tmp_path, *signers())
    for file in tmp_path.glob("*.pem"):
        file.chmod(0o600)
    assert [line.ok for line in check_up(town) if line.check == "signing"] == [True]
    (tmp_path / "ed25519.pem").chmod(0o640)
    (line,) = [line for line in check_up(town) if line.check == "signing"]
    assert line.ok is None
    assert f"chmod 600 {tmp_path}/ed25519.pem" in line.detail
