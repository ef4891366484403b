"""TLS trouble in a run: nothing leaves, no password is told, the campaign waits with the cause in one line."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from composer.app import App
from composer.pipeline.campaigns import change_state
from composer.pipeline.deliver import deliver
from composer.store.campaigns import get_campaign
from composer.store.engine import reading
from tests.path.conftest import at, planned, towards
from tests.path.rows import outbox
from tests.transports.faults import CERTIFICATES, FaultServer, certificate

SIGNED_IN = {"start_tls": "required", "username": "composer", "password": SecretStr("open sesame")}


@pytest.mark.parametrize(
    ("name", "cause"), [("", "does not offer STARTTLS"), ("expired", "expired"), ("self-signed", "self-signed"), ("wrong-name", "mismatch")]
)
async def test_the_run_is_paused_with_the_cause_and_nothing_leaves(
    installation: App, name: str, cause: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    async with FaultServer(tls=certificate(name) if name else None, offers=("AUTH PLAIN LOGIN",)) as server:
        planned(towards(installation, server.port, **SIGNED_IN), 12)
        report = await deliver(installation, at())
        assert cause in report.paused
        assert "TLS" in report.paused
        assert "\n" not in report.paused
        assert server.taken == []
        assert not any(word in line for line in server.said for word in ("AUTH", "MAIL", "sesame"))
    with reading(installation.engine) as db:
        assert get_campaign(db, "weekly").state == "paused"
    assert {(row["state"], row["attempts"]) for row in outbox(installation.engine)} == {("planned", 0)}
    assert "sesame" not in "".join(capfd.readouterr())
    async with FaultServer(tls=certificate("trusted"), offers=("AUTH PLAIN",)) as mended:
        change_state(towards(installation, mended.port, **SIGNED_IN), "weekly", "resume")
        assert (await deliver(installation, at())).counts == {"accepted": 12}
        assert len(mended.taken) == 12
