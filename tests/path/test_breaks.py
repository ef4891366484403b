"""What a broken-off run leaves behind: nothing is lost, nothing goes twice that need not, and nobody has to repair anything."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text, update

from composer.app import App
from composer.config import LibrarySection, Settings
from composer.domain.message import Message
from composer.library import OpenLibrary
from composer.pipeline.deliver import deliver
from composer.pipeline.recording import CannotRecord
from composer.pipeline.resolving import Fate, resolve
from composer.store.engine import connect, writing
from tests.path.by_hand import ByHand
from tests.path.conftest import REPOSITORY, at, planned, towards
from tests.path.rows import KEY, NOW, TABLE, outbox
from tests.transports.faults import SILENCE, FaultServer


def end_leases(engine: Engine) -> None:
    """Let the time of every lease be over."""
    with writing(engine) as db:
        db.execute(update(TABLE).where(TABLE.c.state == "sending").values(lease_until=NOW - timedelta(days=9999)))


async def finish(app: App, server: FaultServer) -> None:
    """Deliver until nothing waits any more, letting the clock run from due time to due time."""
    towards(app, server.port)
    while waiting := [row["due_at"] for row in outbox(app.engine) if row["due_at"] and row["state"] != "accepted"]:
        await deliver(app, at(max(waiting)))


async def test_two_deliverers_at_once_send_every_letter_exactly_once(installation: App) -> None:
    planned(installation, 40)
    other = App(installation.settings, connect(installation.engine.url.render_as_string(hide_password=False), Path("/")), KEY)
    try:
        async with FaultServer() as server:
            reports = await asyncio.gather(*(deliver(towards(app, server.port), at()) for app in (installation, other)))
        assert sum(report.counts["accepted"] for report in reports) == 40
        assert Counter(Counter(t.recipient for t in server.taken).values()) == {1: 40}
    finally:
        other.close()


async def test_a_run_cancelled_in_the_middle_loses_nothing(installation: App) -> None:
    planned(installation, 12)
    async with FaultServer({"dot": SILENCE}) as server:
        run = asyncio.create_task(deliver(towards(installation, server.port, connections=2), at()))
        await server.silent.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    standing = Counter(row["state"] for row in outbox(installation.engine))
    assert set(standing) == {"unknown", "planned"}
    assert standing["unknown"] <= 2
    async with FaultServer() as good:
        await finish(installation, good)
    assert Counter(row["state"] for row in outbox(installation.engine)) == {"accepted": 12}


async def test_a_run_told_to_stop_finishes_open_letters_and_gives_the_rest_back(installation: App) -> None:
    planned(installation, 10)
    stop = asyncio.Event()
    async with FaultServer() as server:
        transport_done = asyncio.create_task(deliver(towards(installation, server.port, connections=1), at(), stop=stop))
        while not server.taken:  # noqa: ASYNC110 - the server tells by its list, not by an event
            await asyncio.sleep(0)
        stop.set()
        report = await transport_done
    rows = outbox(installation.engine)
    assert report.counts["accepted"] == len(server.taken) == sum(row["state"] == "accepted" for row in rows)
    assert {row["state"] for row in rows} <= {"accepted", "planned"}
    assert {row["lease_owner"] for row in rows} == {""}


async def test_a_sender_that_died_leaves_leases_and_the_next_run_needs_no_repair(installation: App) -> None:
    planned(installation, 6)
    with writing(installation.engine) as db:
        numbers = [row["number"] for row in outbox(installation.engine)]
        for number, doubt in zip(numbers, (0, 0, 1, 1, 0, 0), strict=True):
            db.execute(
                update(TABLE)
                .where(TABLE.c.number == number)
                .values(state="sending", lease_owner="dead", lease_until=NOW - timedelta(days=9999), in_doubt=doubt)
            )
    async with FaultServer() as server:
        report = await deliver(towards(installation, server.port), at())
        assert report.counts == {"accepted": 4}
        assert Counter(row["state"] for row in outbox(installation.engine)) == {"accepted": 4, "unknown": 2}
        await finish(installation, server)
    assert Counter(t.recipient for t in server.taken) == {f"r{n}@example.com": 1 for n in range(1, 7)}


async def test_what_cannot_be_recorded_stops_the_run_and_is_not_sent_on(installation: App) -> None:
    planned(installation, 30)
    commits = 0

    def full(_: object) -> None:
        nonlocal commits
        commits += 1
        if commits > 1:
            raise OSError("no space left on device")

    event.listen(installation.engine, "commit", full)
    async with FaultServer() as server:
        with pytest.raises(CannotRecord, match="cannot be recorded"):
            await deliver(towards(installation, server.port, connections=1), at())
        event.remove(installation.engine, "commit", full)
        end_leases(installation.engine)
        before = len(server.taken)
        assert before < 30
        await finish(installation, server)
    assert Counter(row["state"] for row in outbox(installation.engine)) == {"accepted": 30}
    assert len(server.taken) - 30 <= before


async def test_unknown_letters_end_by_a_persons_word(installation: App) -> None:
    planned(installation, 3)
    with writing(installation.engine) as db:
        db.execute(update(TABLE).values(state="unknown", due_at=None, in_doubt=2, attempts=2, frozen=False))
    assert len(resolve(installation, "weekly", Fate.again, NOW)) == 3
    async with FaultServer() as server:
        assert (await deliver(towards(installation, server.port), at(), limit=1)).counts == {"accepted": 1}
    with writing(installation.engine) as db:
        db.execute(update(TABLE).where(TABLE.c.state == "unknown").values(due_at=None))
    assert len(resolve(installation, None, Fate.accepted, NOW)) == 2
    assert Counter(row["state"] for row in outbox(installation.engine)) == {"accepted": 3}
    assert resolve(installation, None, Fate.refused, NOW) == []


async def test_a_process_killed_in_the_middle_of_a_letter_loses_nothing(app: App, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        f'[database]\nurl = "sqlite:///composer.db"\n[library]\nmodules = "{REPOSITORY}/modules"\ntemplates = "{REPOSITORY}/templates"\n'
        '[delivery]\nlease = "2s"\n'
    )
    planned(app, 8)
    async with FaultServer({"dot@example.com": SILENCE}) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "composer",
            "--config",
            str(tmp_path / "config.toml"),
            "send",
            "--due",
            "--now",
            NOW.isoformat(),
            cwd=REPOSITORY,
            env={
                f"COMPOSER_SMTP__{name}": value
                for name, value in {"PORT": str(server.port), "START_TLS": "off", "CONNECTIONS": "2"}.items()
            },
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await server.silent.wait()
        process.send_signal(signal.SIGKILL)
        await process.wait()
        copies = len(server.taken)
    end_leases(app.engine)
    async with FaultServer() as good:
        await finish(app, good)
    assert Counter(row["state"] for row in outbox(app.engine)) == {"accepted": 8}
    assert {t.recipient for t in good.taken} == {f"r{n}@example.com" for n in range(1, 9)}
    again = {t.recipient: t.data for t in good.taken}
    assert copies <= 2
    assert all(again[t.recipient] == t.data for t in server.taken)


async def test_a_database_that_closed_its_connections_costs_no_try(postgres_engine: Engine, tmp_path: Path, library: OpenLibrary) -> None:
    settings = Settings(library=LibrarySection(modules=REPOSITORY / "modules", templates=REPOSITORY / "templates"), folder=tmp_path)
    app = App(settings, postgres_engine, KEY, {library.sources.version: library})
    planned(app, 5)
    closed: list[str] = []

    def close_connections(message: Message) -> None:
        if not closed:
            closed.append(message.message_id)
            with postgres_engine.connect() as db:
                others = "datname = current_database() AND pid <> pg_backend_pid()"
                db.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))

    report = await deliver(app, at(), transport=ByHand(close_connections))
    assert report.counts == {"accepted": 5}
