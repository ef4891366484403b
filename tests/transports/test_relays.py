"""Several relays: the order, standing in, coming back, and a campaign's own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from composer.config import Delivery, Settings, Smtp, load
from composer.domain.outcome import Verdict
from composer.errors import UsageError
from composer.transports.smtp import SmtpTransport, open_transport
from tests.transports.faults import FaultServer
from tests.transports.sending import letter, wanted


def section(port: int, **smtp: Any) -> Smtp:
    return Smtp(host="127.0.0.1", port=port, start_tls="off", timeout=timedelta(seconds=2), dot_timeout=timedelta(seconds=2), **smtp)


def transport_over(first: int, second: int, failback: float = 60.0, **delivery: Any) -> SmtpTransport:
    delivering = Delivery(failback=timedelta(seconds=failback), **{"relays": ("smtp", "backup"), **delivery})
    return open_transport(Settings(smtp=section(first), relays={"backup": section(second)}, delivery=delivering))


async def closed_port() -> int:
    async with FaultServer() as server:
        return server.port


async def test_the_next_relay_stands_in_where_nobody_answers() -> None:
    async with FaultServer() as backup:
        transport = transport_over(await closed_port(), backup.port)
        outcomes = await asyncio.gather(*(transport.send(letter(f"r{n}@example.com"), wanted) for n in range(5)))
        await transport.close()
    assert [outcome.verdict for outcome in outcomes] == [Verdict.accepted] * 5
    assert len(backup.taken) == 5


async def test_a_busy_door_leads_on_and_after_a_while_the_first_is_tried_again() -> None:
    async with FaultServer({"connect": "421 4.3.2 down for repairs"}, once=True) as first, FaultServer() as backup:
        transport = transport_over(first.port, backup.port, failback=0.2)
        for _ in range(2):
            assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        assert (len(first.taken), len(backup.taken), first.connections) == (0, 2, 1), "left out, not asked for every letter"
        await asyncio.sleep(0.25)
        assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        await transport.close()
    assert (len(first.taken), len(backup.taken)) == (1, 2)


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "451 4.3.0 later", "421 4.7.0 slow down"])
async def test_an_answer_is_an_answer_and_leads_nowhere_else(answer: str) -> None:
    async with FaultServer({"rcpt": answer}) as first, FaultServer() as backup:
        transport = transport_over(first.port, backup.port)
        assert (await transport.send(letter(), wanted)).code == int(answer[:3])
        await transport.close()
    assert backup.connections == 0


async def test_doubt_is_never_carried_to_another_relay() -> None:
    async with FaultServer({"dot": "drop"}) as first, FaultServer() as backup:
        transport = transport_over(first.port, backup.port)
        assert (await transport.send(letter(), wanted)).verdict is Verdict.unknown
        await transport.close()
    assert backup.connections == 0


async def test_where_no_relay_answers_the_letter_waits_and_all_are_tried_again() -> None:
    async with FaultServer() as server:
        port = server.port
    transport = transport_over(port, await closed_port())
    for _ in range(2):
        assert (await transport.send(letter(), wanted)).verdict is Verdict.unreachable
    server = FaultServer()
    server.wanted_port = port
    async with server:
        assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        await transport.close()


async def test_a_campaigns_own_relay_carries_its_letters_and_no_other_stands_in() -> None:
    async with FaultServer() as first:
        transport = transport_over(first.port, await closed_port())
        own = replace(letter(), relay="backup")
        assert (await transport.send(own, wanted)).verdict is Verdict.unreachable
        assert (await transport.send(replace(own, relay="smtp"), wanted)).verdict is Verdict.accepted
        await transport.close()
    assert len(first.taken) == 1


async def test_a_relay_that_is_no_longer_configured_pauses_and_names_the_known_ones() -> None:
    transport = transport_over(1, 1)
    outcome = await transport.send(replace(letter(), relay="gone"), wanted)
    assert (outcome.verdict, outcome.text) == (Verdict.paused, "the campaign's relay 'gone' is not configured; known: smtp, backup")


def test_a_password_in_clear_is_refused_for_every_relay() -> None:
    clear = Smtp(host="mail.example.com", start_tls="off", username="u", password=SecretStr("p"))
    with pytest.raises(UsageError, match=r"relays\.backup\.start_tls: the password would go over the wire in clear"):
        open_transport(Settings(relays={"backup": clear}))


FILE = """
[smtp]
host = "one.example.com"
[relays.backup]
host = "two.example.com"
port = 587
username = "composer"
[delivery]
relays = ["backup", "smtp"]
"""


def configured(tmp_path: Path, text: str = FILE, **environ: str) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load(file, environ)


def test_relays_are_read_with_their_secrets_from_the_environment_and_tell_none(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    settings = configured(
        tmp_path,
        COMPOSER_RELAYS__BACKUP__PASSWORD_FILE=str(secret),
        COMPOSER_RELAYS__THIRD__HOST="three.example.com",
        COMPOSER_RELAYS__THIRD__PASSWORD="abracadabra",
        COMPOSER_DELIVERY__RELAYS="smtp,third",
    )
    assert settings.relays["backup"].password.get_secret_value() == "open sesame"
    assert (settings.relays["backup"].port, settings.relays["third"].host) == (587, "three.example.com")
    assert settings.delivery.relays == ("smtp", "third")
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {vars(open_transport(settings))}"
    assert "sesame" not in shown
    assert "abracadabra" not in shown


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        (FILE.replace("port = 587", "prot = 587"), {}, "config.toml: unknown setting 'relays.backup.prot'\nKnown in [relays.backup]: "),
        (FILE.replace("port = 587", "port = 0"), {}, "config.toml: relays.backup.port: "),
        (FILE.replace("relays.backup", "relays.Back-Up"), {}, "config.toml: unknown setting 'relays.Back-Up'\nA relay's name is "),
        (FILE.replace("relays.backup", "relays.smtp"), {}, "config.toml: unknown setting 'relays.smtp'\nA relay's name is "),
        (FILE.replace('"backup", "smtp"', '"backup", "smpt"'), {}, "delivery.relays: there is no relay 'smpt'\nKnown: smtp, backup. "),
        (FILE.replace('"backup", "smtp"', ""), {}, "config.toml: delivery.relays: "),
        ("relays = 3", {}, "config.toml: 'relays' holds sections\nWrite [relays.NAME]"),
        ("[relays]\nbackup = 3", {}, "config.toml: 'relays.backup' is a section"),
        (FILE, {"COMPOSER_RELAYS__BACKUP__PORT": "many"}, "COMPOSER_RELAYS__BACKUP__PORT: relays.backup.port: "),
        (FILE, {"COMPOSER_RELAYS__BACKUP__PROT": "1"}, "COMPOSER_RELAYS__BACKUP__PROT: unknown setting 'relays.backup.prot'"),
        (FILE, {"COMPOSER_RELAYS__BACKUP": "x"}, "COMPOSER_RELAYS__BACKUP: "),
        (FILE, {"COMPOSER_DELIVERY__RELAYS": "smtp,gone"}, "COMPOSER_DELIVERY__RELAYS: delivery.relays: there is no relay 'gone'"),
        (FILE, {"COMPOSER_RELAYS__BACKUP__PASSWORD_FILE": "/no/such"}, "COMPOSER_RELAYS__BACKUP__PASSWORD_FILE: cannot read the file"),
    ],
)
def test_what_is_wrong_with_a_relay_is_said_with_its_place(tmp_path: Path, text: str, environ: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as refusal:
        configured(tmp_path, text, **environ)
    assert said in str(refusal.value)
    assert "Traceback" not in str(refusal.value)
