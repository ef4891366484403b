"""A campaign names its relay: checked when it is made and when it starts, kept to when its letters leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.app import App
from composer.errors import UsageError
from composer.pipeline.campaigns import create_from_file
from composer.pipeline.check_up import check_up
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign
from composer.store.engine import writing
from tests.path.conftest import at, planned, towards
from tests.path.rows import NOW, people
from tests.transports.faults import FaultServer


def with_backup(app: App, port: int, first: int = 1) -> App:
    """The installation with a second relay beside its first."""
    backup = towards(app, port).settings.smtp
    app.settings = towards(app, first).settings.model_copy(update={"relays": {"backup": backup}})
    return app


async def test_the_letters_go_to_the_campaigns_relay_and_nowhere_else(installation: App) -> None:
    async with FaultServer() as first, FaultServer() as backup:
        with_backup(installation, backup.port, first.port)
        planned(installation, 3, relay="backup")
        report = await deliver(installation, at())
    assert report.counts == {"accepted": 3}
    assert (len(first.taken), len(backup.taken)) == (0, 3)


def test_a_campaign_with_an_unknown_relay_is_not_made(installation: App, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('name = "weekly"\nrelay = "bakup"\n')
    with pytest.raises(UsageError) as refusal:
        create_from_file(with_backup(installation, 1), file, NOW)
    assert str(refusal.value) == f"{file}: relay: there is no relay 'bakup'\nKnown: smtp, backup. Others are sections [relays.NAME]."
    file.write_text('name = "weekly"\nrelay = "backup"\n')
    assert create_from_file(installation, file, NOW)["relay"] == "backup"


def test_a_campaign_whose_relay_has_gone_is_not_started(installation: App) -> None:
    people(installation.engine, 1)
    with writing(installation.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "relay": "backup"}, NOW)
    with pytest.raises(UsageError, match="campaign weekly: relay: there is no relay 'backup'"):
        schedule(installation, "weekly", NOW)


async def test_a_campaign_whose_relay_goes_while_it_runs_waits_with_the_cause(installation: App) -> None:
    async with FaultServer() as server:
        with_backup(installation, server.port, server.port)
        planned(installation, 2, relay="backup")
        installation.settings = installation.settings.model_copy(update={"relays": {}})
        report = await deliver(installation, at())
    assert "relay 'backup' is not configured" in report.paused
    assert server.taken == []


def test_check_lists_the_relays_and_tells_no_secret(installation: App) -> None:
    with_backup(installation, 2525)
    lines = {line.check: line.detail for line in check_up(installation)}
    assert lines["relay smtp"] == "127.0.0.1:1, no TLS, no sign-in; first"
    assert lines["relay backup"] == "127.0.0.1:2525, no TLS, no sign-in; for campaigns that name it"
