"""SMTP and trust: what is demanded of TLS and of signing in, and that no password goes in clear."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from composer.config import Settings, Smtp
from composer.domain.outcome import Verdict
from composer.errors import UsageError
from composer.transports.smtp import SmtpTransport, open_transport
from tests.transports.faults import CERTIFICATES, FaultServer, certificate
from tests.transports.sending import letter, send, settings, wanted


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test authority is trusted, as an operator would do it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("mode", ["required", "implicit"])
async def test_a_trusted_server_is_talked_to_under_tls_and_signed_in_to(mode: str) -> None:
    async with FaultServer(tls=certificate("trusted"), implicit=mode == "implicit", offers=("AUTH PLAIN",)) as server:
        outcome = await send(server, start_tls=mode, username="composer", password=SecretStr("secret"))
    assert outcome.verdict is Verdict.accepted
    in_clear = [line for line in server.said if line.startswith("(clear)")]
    assert [line.split()[1] for line in in_clear] == ([] if mode == "implicit" else ["EHLO", "STARTTLS"])
    assert any(line.startswith("AUTH PLAIN") for line in server.said)


async def test_a_server_that_offers_no_starttls_gets_neither_letter_nor_password() -> None:
    async with FaultServer(offers=("AUTH PLAIN",)) as server:
        outcome = await send(server, start_tls="required", username="composer", password=SecretStr("secret"))
    assert (outcome.verdict, outcome.text) == (Verdict.paused, "TLS is required and the server does not offer STARTTLS")
    assert [line.split()[1] for line in server.said] == ["EHLO"]


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("mode", ["required", "implicit"])
@pytest.mark.parametrize(("name", "cause"), [("self-signed", "self-signed"), ("expired", "expired"), ("wrong-name", "mismatch")])
async def test_a_certificate_that_cannot_be_trusted_pauses_the_run_and_is_named(name: str, cause: str, mode: str) -> None:
    async with FaultServer(tls=certificate(name), implicit=mode == "implicit", offers=("AUTH PLAIN",)) as server:
        outcome = await send(server, start_tls=mode, username="composer", password=SecretStr("secret"))
    assert outcome.verdict is Verdict.paused
    assert "certificate" in outcome.text
    assert cause in outcome.text
    assert server.taken == []
    assert not any("AUTH" in line for line in server.said)


async def test_a_refused_sign_in_pauses_the_run() -> None:
    async with FaultServer({"auth": "535 5.7.8 bad credentials for composer@example.com"}, offers=("AUTH PLAIN LOGIN",)) as server:
        outcome = await send(server, username="composer@example.com", password=SecretStr("secret"))
    assert (outcome.verdict, outcome.code) == (Verdict.paused, 535)
    assert "sign-in" in outcome.text
    assert "composer@" not in outcome.text
    assert server.taken == []


async def test_a_passing_trouble_with_sign_in_waits() -> None:
    async with FaultServer({"auth": "454 4.7.0 later"}, offers=("AUTH PLAIN",)) as server:
        assert (await send(server, username="composer", password=SecretStr("secret"))).verdict is Verdict.unreachable


async def test_a_server_without_sign_in_pauses_the_run() -> None:
    async with FaultServer() as server:
        outcome = await send(server, username="composer", password=SecretStr("secret"))
    assert (outcome.verdict, outcome.text) == (Verdict.paused, "sign-in: the server offers no method we know")


@pytest.mark.usefixtures("trusting")
async def test_a_refused_starttls_pauses_the_run_and_a_passing_refusal_waits() -> None:
    async with FaultServer({"starttls": "500 what"}, tls=certificate("trusted")) as server:
        outcome = await send(server, start_tls="required")
    assert outcome.verdict is Verdict.paused
    assert "TLS" in outcome.text
    async with FaultServer({"starttls": "454 4.7.0 TLS not available"}, tls=certificate("trusted")) as server:
        assert (await send(server, start_tls="required")).verdict is Verdict.unreachable


def test_a_password_is_never_set_up_to_go_in_clear() -> None:
    section = Smtp(host="mail.example.com", start_tls="off", username="composer", password=SecretStr("secret"))
    with pytest.raises(UsageError, match="in clear"):
        open_transport(Settings(smtp=section))
    assert isinstance(open_transport(Settings(smtp=section.model_copy(update={"host": "localhost"}))), SmtpTransport)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    "injected",
    ["250-mail.example.com\r\n250-AUTH PLAIN\r\n250 SIZE 1", "250 ok", "250 ok\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on\r\n250 kept"],
)
async def test_words_put_into_the_clear_before_tls_are_never_believed(injected: str) -> None:
    """What a stranger on the line writes behind the 220 (CVE-2021-38371 and its like) is no answer to anything under TLS."""
    async with FaultServer({"starttls": f"220 go ahead\r\n{injected}"}, tls=certificate("trusted")) as server:
        outcome = await send(server, start_tls="required")
        assert outcome.verdict in (Verdict.accepted, Verdict.paused, Verdict.unreachable)
        assert len(server.taken) == (outcome.verdict is Verdict.accepted)
        assert not any("SIZE=" in line for line in server.said), "the injected offers are not the server's"


@pytest.mark.usefixtures("trusting")
async def test_letters_one_behind_the_other_go_under_tls_too() -> None:
    async with FaultServer(tls=certificate("trusted")) as server:
        transport = open_transport(settings(server.port, start_tls="required", connections=1))
        outcomes = await asyncio.gather(*(transport.send(letter(f"r{n}@example.com"), wanted) for n in range(8)))
        await transport.close()
    assert [outcome.verdict for outcome in outcomes] == [Verdict.accepted] * 8
    assert (server.connections, server.ahead) == (1, 7)
