"""Frequency caps: two workers at once, retries, letters of paused campaigns, and copies nobody knows about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from composer.app import App
from composer.domain.outcome import Verdict
from composer.pipeline.campaigns import change_state
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign
from composer.store.engine import writing
from tests.path.conftest import at
from tests.path.rows import NOW, TABLE, outbox, people
from tests.path.test_claim import Answering
from tests.path.together import claimed_together

CAP = {"cap": "1/7d"}


def campaign(app: App, name: str, **keys: Any) -> None:
    with writing(app.engine) as db:
        create_campaign(db, {"name": name, "window": "now", "holdout": "none", **keys}, NOW)
    schedule(app, name, NOW)


def test_two_workers_that_claim_two_campaigns_at_once_keep_one_cap(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    people(installation.engine, 5)
    campaign(installation, "one", **CAP)
    campaign(installation, "two", **CAP)
    assert sorted(claimed_together(installation, monkeypatch)) == [0, 5]
    assert sorted((row["state"], row["reason"]) for row in outbox(installation.engine)) == [
        *[("sending", "")] * 5,
        *[("skipped", "over the frequency cap")] * 5,
    ]


async def test_a_retry_asks_for_the_cap_again_and_never_counts_itself(installation: App) -> None:
    people(installation.engine, 1)
    campaign(installation, "one", **CAP)
    await deliver(installation, at(), transport=Answering(Verdict.try_later))
    later = outbox(installation.engine)[0]["due_at"]
    await deliver(installation, at(later), transport=Answering(Verdict.try_later))
    campaign(installation, "two")  # without a cap: it may be sent meanwhile
    await deliver(installation, at(), transport=Answering(Verdict.accepted))
    await deliver(installation, at(later + timedelta(days=1)), transport=Answering())
    assert [(row["state"], row["reason"]) for row in outbox(installation.engine)] == [
        ("skipped", "over the frequency cap"),
        ("accepted", ""),
    ]


async def test_a_letter_that_waits_for_its_retry_counts_for_others_and_one_of_a_paused_campaign_does_not(installation: App) -> None:
    people(installation.engine, 1)
    campaign(installation, "one")
    await deliver(installation, at(), transport=Answering(Verdict.try_later))
    campaign(installation, "two", **CAP)
    await deliver(installation, at(), transport=Answering())
    assert outbox(installation.engine)[1]["reason"] == "over the frequency cap"
    change_state(installation, "one", "pause")
    campaign(installation, "three", **CAP)
    await deliver(installation, at(), transport=Answering(Verdict.accepted))
    assert [row["state"] for row in outbox(installation.engine)] == ["try_later", "skipped", "accepted"]


async def test_a_letter_nobody_knows_about_counts_as_one_that_arrived(installation: App) -> None:
    people(installation.engine, 1)
    campaign(installation, "one")
    await deliver(installation, at(), transport=Answering(Verdict.unknown))
    with writing(installation.engine) as db:
        db.execute(update(TABLE).values(due_at=None))
    campaign(installation, "two", **CAP)
    await deliver(installation, at(), transport=Answering())
    assert [row["state"] for row in outbox(installation.engine)] == ["unknown", "skipped"]
    campaign(installation, "three", cap="1/1d", starts="2026-03-04T09:00:00")
    await deliver(installation, at(NOW + timedelta(days=2)), transport=Answering(Verdict.accepted))
    assert outbox(installation.engine)[2]["state"] == "accepted"


async def test_a_clock_that_is_put_back_passes_no_cap(installation: App) -> None:
    people(installation.engine, 1)
    campaign(installation, "one")
    await deliver(installation, at(NOW + timedelta(minutes=50)), transport=Answering(Verdict.accepted))
    campaign(installation, "two", **CAP)
    await deliver(installation, at(NOW), transport=Answering())
    assert [row["state"] for row in outbox(installation.engine)] == ["accepted", "skipped"]
