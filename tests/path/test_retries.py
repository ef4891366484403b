"""What goes wrong on the way: what is retried, what is held, what is suppressed, and that the others get their letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from composer.app import App
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.compose import Composer
from composer.pipeline.deliver import deliver
from composer.pipeline.preview import preview
from composer.store.campaigns import campaign_reason, get_campaign
from composer.store.consents import is_suppressed
from composer.store.engine import reading, writing
from composer.store.recipients import address_key
from composer.store.tables import RecipientRow
from composer.transports import no_matter
from tests.path.by_hand import ByHand
from tests.path.conftest import at, delivering, planned, towards
from tests.path.rows import KEY, NOW, outbox
from tests.transports.faults import DROP, FaultServer


async def test_a_letter_put_off_is_retried_with_the_same_bytes_where_nothing_changed(installation: App) -> None:
    planned(installation, 1)
    async with FaultServer({"dot": "451 4.3.0 later"}) as first:
        await deliver(towards(installation, first.port), at())
    (row,) = outbox(installation.engine)
    assert (row["state"], row["attempts"], row["reason"]) == ("try_later", 1, "451 4.3.0 later")
    assert row["due_at"] > NOW
    before = preview(installation, "r1", "weekly", NOW).message
    async with FaultServer() as second:
        assert (await deliver(towards(installation, second.port), at())).counts == {}
        assert (await deliver(installation, at(row["due_at"]))).counts == {"accepted": 1}
    assert before is not None
    assert [t.data for t in second.taken] == [before.data]


async def test_silence_after_the_body_is_retried_once_with_the_same_bytes_then_shown(installation: App) -> None:
    planned(installation, 1)
    async with FaultServer({"dot": DROP}) as server:
        await deliver(towards(installation, server.port), at())
        (row,) = outbox(installation.engine)
        assert (row["state"], row["in_doubt"]) == ("unknown", 1)
        await deliver(installation, at(row["due_at"]))
        (row,) = outbox(installation.engine)
        assert (row["state"], row["in_doubt"], row["due_at"]) == ("unknown", 2, None)
        await deliver(installation, at(NOW + timedelta(days=99)))
        assert len({t.data for t in server.taken}) == 1
        assert len(server.taken) == 2
    with reading(installation.engine) as db:
        assert get_campaign(db, "weekly").state == "finished"


async def test_with_never_twice_the_body_is_on_record_before_it_leaves_and_unknown_is_held(installation: App) -> None:
    planned(installation, 1)
    delivering(installation, never_twice=True)
    seen: list[tuple[str, int]] = []

    class Looking(ByHand):
        async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Any = no_matter) -> Outcome:
            await begun()
            seen.extend((row["state"], row["in_doubt"]) for row in outbox(installation.engine))
            return Outcome(Verdict.unknown, 0, "silence")

    await deliver(installation, at(), transport=Looking(lambda _: None))
    assert seen == [("sending", 1)]
    assert [(r["state"], r["due_at"], r["in_doubt"]) for r in outbox(installation.engine)] == [("unknown", None, 1)]


async def test_a_dead_mailbox_is_suppressed_a_full_one_is_not_and_the_others_get_theirs(installation: App) -> None:
    numbers = planned(installation, 3)
    for number, domain in zip(numbers, ("gone.example.com", "full.example.com", "fine.example.com"), strict=True):
        with writing(installation.engine) as db:
            db.execute(
                update(RecipientRow)
                .where(RecipientRow.number == number)
                .values(  # type: ignore[arg-type]
                    address=f"x@{domain}", address_key=address_key(KEY, f"x@{domain}")
                )
            )
    async with FaultServer({"rcpt@gone.example.com": "550 5.1.1 no such user", "rcpt@full.example.com": "552 5.2.2 full"}) as server:
        report = await deliver(towards(installation, server.port), at())
    assert report.counts == {"refused": 2, "accepted": 1}
    keys = {domain: address_key(KEY, f"x@{domain}.example.com") for domain in ("gone", "full", "fine")}
    with reading(installation.engine) as db:
        assert is_suppressed(db, keys.values()) == {keys["gone"]}


async def test_a_server_without_tls_pauses_the_campaign_and_blames_nobody(installation: App) -> None:
    planned(installation, 3)
    async with FaultServer() as server:
        report = await deliver(towards(installation, server.port, start_tls="required"), at())
        assert "TLS" in report.paused
        assert server.taken == []
    with reading(installation.engine) as db:
        campaign = get_campaign(db, "weekly")
        assert (campaign.state, campaign_reason(db, campaign.number)) == ("paused", report.paused)
    assert {(r["state"], r["attempts"], r["due_at"]) for r in outbox(installation.engine)} == {("planned", 0, NOW)}


async def test_a_server_that_is_down_stops_the_run_and_every_letter_waits(installation: App) -> None:
    planned(installation, 9)
    async with FaultServer() as server:
        port = server.port
    delivering(towards(installation, port), breaker=3)
    report = await deliver(installation, at())
    assert "met no server" in report.stopped
    rows = outbox(installation.engine)
    assert {(r["state"], r["attempts"]) for r in rows} == {("planned", 0)}
    async with FaultServer() as server:
        later = max(r["due_at"] for r in rows)
        assert (await deliver(towards(installation, server.port), at(later))).counts == {"accepted": 9}


async def test_a_letter_that_is_too_late_expires(installation: App) -> None:
    planned(installation, 2, expires="2h")
    async with FaultServer() as server:
        report = await deliver(towards(installation, server.port), at(NOW + timedelta(hours=2)))
    assert (report.counts, server.connections) == ({"expired": 2}, 0)


async def test_a_letter_that_cannot_be_rendered_stops_no_other(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(installation, 3)
    compose = Composer.compose

    def fail_for_one(self: Composer, newsletter: Any, person: Any, *rest: Any) -> Any:
        if person.recipient_id == "r2":
            raise KeyError("a field nobody knows")
        return compose(self, newsletter, person, *rest)

    monkeypatch.setattr(Composer, "compose", fail_for_one)
    async with FaultServer() as server:
        report = await deliver(towards(installation, server.port), at())
    assert report.counts == {"accepted": 2, "refused": 1}
    assert outbox(installation.engine)[1]["reason"] == "could not be rendered (KeyError)"


async def test_the_pace_is_kept(installation: App) -> None:
    planned(installation, 6)
    async with FaultServer() as server:
        report = await deliver(delivering(towards(installation, server.port), pace=500), at())
    assert report.counts == {"accepted": 6}
