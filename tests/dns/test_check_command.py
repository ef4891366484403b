"""`composer check --dns` against a real name server: it warns with the record to add, and never fails for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from composer.app import App
from composer.cli import build
from tests.dns.server import SILENT, NameServer, name_server
from tests.dns.zones import DMARC, GOOD, RSA, RSA_NAME
from tests.kept import FOLDER
from tests.render.keys import pem, signers

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[NameServer]:
    """DNS as it should be, in zone file form."""
    zone = {}
    for (name, kind), values in GOOD.items():
        assert isinstance(values, tuple)
        zone[name, kind] = tuple(
            " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
            if kind == "TXT"
            else f"{text}{'.' * (kind not in ('A', 'AAAA'))}"
            for text in values
        )
    with name_server(zone) as serving:
        yield serving


@pytest.fixture
def config(app: App, tmp_path: Path, server: NameServer) -> Path:
    (tmp_path / "rsa.pem").write_bytes(pem(signers()[0]))
    (tmp_path / "ed.pem").write_bytes(pem(signers()[1]))
    file = tmp_path / "config.toml"
    file.write_text(
        f"""
[database]
url = "sqlite:///composer.db"
[library]
modules = "{REPOSITORY}/modules"
templates = "{REPOSITORY}/templates"
cache = "{FOLDER}"
[web]
base_url = "https://news.example.com"
[sender]
address = "letters@example.com"
[dkim]
key_file = "rsa.pem"
ed25519_key_file = "ed.pem"
[dns]
servers = ["127.0.0.1:{server.port}"]
timeout = "3s"
sends_from = ["192.0.2.7"]
"""
    )
    return file


def check(config: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(build(), ["--config", str(config), "check", *words])
    assert result.exit_code == code, result.output
    return result.stdout


def rows(config: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(check(config, "--dns", "--json"))["dns"]
    return found


def test_dns_as_it_should_be_is_told_in_lines_without_a_warning(config: Path) -> None:
    told = [line for line in check(config, "--dns").splitlines() if "  dns " in line]
    assert "ok     dns spf: example.com TXT: lets 192.0.2.7 send" in told
    assert f"ok     dns dkim: {RSA_NAME} TXT: holds the key that letters are signed with" in told
    assert [line for line in told if not line.startswith("ok")] == []


def test_without_the_option_nothing_is_asked(config: Path, server: NameServer) -> None:
    assert "dns" not in json.loads(check(config, "--json"))
    assert server.asked == []


def test_what_is_missing_is_a_warning_with_the_record_and_no_failure(config: Path, server: NameServer) -> None:
    server.zone = {key: value for key, value in server.zone.items() if key not in {DMARC, (RSA_NAME, "TXT")}}
    told = check(config, "--dns")
    assert f"WARN   dns dkim: {RSA_NAME} TXT: there is no key, so receivers cannot verify any letter\n" in told
    assert '\n       to put into DNS: _dmarc.example.com. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"\n' in told
    key = next(row for row in rows(config) if row["name"] == RSA_NAME)
    assert key["ok"] is False
    assert key["record"].startswith(f'{RSA_NAME}. IN TXT ( "v=DKIM1; k=rsa; p={RSA[18:60]}')


def test_a_resolver_that_says_nothing_makes_warnings_and_no_failure(config: Path, server: NameServer) -> None:
    config.write_text(config.read_text().replace('timeout = "3s"', 'timeout = "0.2s"'))
    server.zone = {(row["name"], row["type"]): (SILENT,) for row in rows(config)} | {("mail.example.com", "A"): (SILENT,)}
    found = {row["check"]: row for row in rows(config)}
    assert {name for name, row in found.items() if "no answer in time" in row["detail"]} >= {"spf", "dkim", "dmarc", "ptr", "mx", "links"}


def test_the_return_path_is_the_address_for_what_comes_back(config: Path, server: NameServer) -> None:
    with config.open("a") as out:
        out.write('[inbound]\naddress = "bounces@back.example.com"\n')
    found = [(row["check"], row["detail"]) for row in rows(config) if row["name"] == "back.example.com" and row["ok"] is False]
    assert [check for check, _ in found] == ["spf", "mx"]
    assert found[1] == ("mx", "there is neither MX nor address: bounces come back")


def test_every_relay_that_letters_may_leave_by_is_looked_at(config: Path, server: NameServer) -> None:
    text = config.read_text().replace('sends_from = ["192.0.2.7"]', "")
    config.write_text(text + '\n[smtp]\nhost = "mail.example.com"\n[relays.spare]\nhost = "spare.example.com"\n')
    found = {row["name"]: row["detail"] for row in rows(config) if row["check"] in {"relay", "ptr"}}
    assert found == {
        "7.2.0.192.in-addr.arpa": "192.0.2.7 is mail.example.com, and that leads back to it",
        "spare.example.com": "the relay has no address",
    }


def test_dns_that_is_off_is_not_asked(config: Path) -> None:
    config.write_text(config.read_text().replace("servers = [", 'servers = "off" # ['))
    result = CliRunner().invoke(build(), ["--config", str(config), "check", "--dns"])
    assert result.exit_code != 0
    assert "dns.servers: is off" in str(result.exception)
