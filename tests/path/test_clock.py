"""The clock: it ticks, takes turns, leaves heartbeats, survives bad rounds and stops gracefully."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

import composer.scheduler as scheduler
from composer.app import App
from composer.config import Clock as ClockSection
from composer.config import Imap, Manners
from composer.pipeline.deliver import DeliveryReport
from composer.scheduler import Clock, give_turn_back, take_turn
from composer.store.counts import heartbeats
from composer.store.engine import reading
from composer.store.marks import get_mark
from tests.path.conftest import at, planned, towards
from tests.path.rows import NOW, outbox
from tests.transports.faults import SILENCE, FaultServer


def quick(app: App) -> App:
    app.settings = app.settings.model_copy(
        update={"clock": ClockSection(plan=timedelta(seconds=0.1), send=timedelta(seconds=0.1), retrain=timedelta(days=1))}
    )
    return app


async def until(app: App, state: str, count: int) -> None:
    async with asyncio.timeout(30):
        while sum(row["state"] == state for row in await asyncio.to_thread(outbox, app.engine)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_the_clock_delivers_what_is_due_and_leaves_heartbeats(installation: App) -> None:
    planned(installation, 3)
    stop = asyncio.Event()
    async with FaultServer() as server:
        clock = asyncio.create_task(Clock(quick(towards(installation, server.port)), stop, at()).run())
        await until(installation, "accepted", 3)
        stop.set()
        await clock
    with reading(installation.engine) as db:
        assert heartbeats(db).keys() >= {"send", "plan"}


async def test_each_round_is_begun_as_often_as_its_own_setting_says(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: dict[str, float] = {}
    monkeypatch.setattr(scheduler.AsyncIOScheduler, "add_job", lambda *_, **job: begun.update({job["id"]: job["seconds"]}))
    each = {name: timedelta(seconds=11 + n) for n, name in enumerate(ClockSection.model_fields)}
    sections = {"clock": ClockSection(**each), "imap": Imap(host="imap.example.com"), "manners": Manners(group="mx")}
    installation.settings = installation.settings.model_copy(update=sections)
    stop = asyncio.Event()
    stop.set()
    await Clock(installation, stop, at()).run()
    settings = {name: every.total_seconds() for name, every in each.items()}
    assert begun == {**settings, "mx": settings["plan"], "service": settings["send"], "pulse": scheduler.PULSE.total_seconds()}


async def test_a_letter_under_way_is_finished_before_the_clock_stops(installation: App) -> None:
    planned(installation, 1)
    stop = asyncio.Event()
    async with FaultServer({"dot": SILENCE}) as server:
        app = quick(towards(installation, server.port, dot_timeout="0.3s"))
        clock = asyncio.create_task(Clock(app, stop, at()).run())
        await server.silent.wait()
        stop.set()
        await clock
    assert [(row["state"], row["lease_owner"]) for row in outbox(installation.engine)] == [("unknown", "")]


async def test_a_bad_round_does_not_end_the_clock(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = 0
    done = asyncio.Event()

    async def fails_first(*_: object) -> DeliveryReport:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise OSError("disk full")
        done.set()
        return DeliveryReport()

    monkeypatch.setattr(scheduler, "deliver", fails_first)
    stop = asyncio.Event()
    clock = asyncio.create_task(Clock(quick(towards(installation, 1)), stop, at()).run())
    async with asyncio.timeout(20):
        await done.wait()
    stop.set()
    await clock
    assert rounds >= 2


async def test_a_round_that_takes_long_keeps_its_turn(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of an hour, or a mailbox with ten thousand mails: another worker must not begin beside it."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        begun.set()
        go_on.wait(20)

    monkeypatch.setattr(scheduler, "plan_due", slow)
    monkeypatch.setattr(scheduler, "PULSE", timedelta(seconds=0.05))
    moment = [NOW]
    stop = asyncio.Event()
    clock = asyncio.create_task(Clock(quick(towards(installation, 1)), stop, lambda: moment[0]).run())
    await asyncio.to_thread(begun.wait, 20)
    moment[0] = NOW + timedelta(hours=1)
    async with asyncio.timeout(20):
        while await asyncio.to_thread(_turn_of, installation, "plan") <= moment[0]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not take_turn(installation, "plan", moment[0], timedelta(minutes=5))
    go_on.set()
    stop.set()
    await clock


def _turn_of(app: App, name: str) -> datetime:
    with reading(app.engine) as db:
        return datetime.fromisoformat(get_mark(db, scheduler.TURN + name) or "")


def test_of_many_that_ask_at_once_one_has_the_turn(installation: App) -> None:
    together = threading.Barrier(6)

    def ask(_: int) -> bool:
        together.wait()
        return take_turn(installation, "plan", NOW, timedelta(minutes=5))

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(ask, range(6))) == [False] * 5 + [True]


def test_one_process_has_the_turn(engine: Engine, installation: App) -> None:
    now, every = datetime(2026, 3, 2, tzinfo=UTC), timedelta(minutes=5)
    assert take_turn(installation, "plan", now, every)
    assert not take_turn(installation, "plan", now + timedelta(minutes=4), every)
    assert take_turn(installation, "retrain", now, every)
    assert take_turn(installation, "plan", now + every, every)
    give_turn_back(installation, "plan", now)
    assert take_turn(installation, "plan", NOW, every)
