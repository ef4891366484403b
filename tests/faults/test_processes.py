"""Whole processes under stress: stopped, doubled, locked out, with a clock that jumps, without memory, killed while they plan or import."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

import composer.store.engine as engine
from composer.app import App
from composer.store.engine import connect, reading
from composer.store.plans import is_planned
from composer.web.app import make_web
from tests.faults.beside import beside, until
from tests.faults.conftest import Install
from tests.faults.installation import REPOSITORY, Installation, addresses, judge, unsubscribe_paths
from tests.faults.server import Server, Terms
from tests.postgres import cluster

TICKS = {"send": "0.2s", "plan": "0.5s"}


def copies(server: Server) -> int:
    return len(server.taken) - len({letter.recipient for letter in server.taken})


async def taken(server: Server, count: int, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while len(server.taken) < count:  # noqa: ASYNC110 - the server tells by its list
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("command", [("send", "--due"), ("run",)], ids=["send", "run"])
async def test_sigterm_ends_a_run_in_ten_seconds_with_0_and_no_copy(installed: Install, command: tuple[str, ...]) -> None:
    made = installed(addresses(80), smtp={"connections": 4}, clock=TICKS)
    async with Server(Terms(latency=0.02)) as server:
        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        process = made.start(*command)
        await taken(server, 10)
        process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        await asyncio.to_thread(process.communicate)
        assert (process.returncode, time.monotonic() - told < 10) == (0, True)
        states = made.states()
        assert states["accepted"] == len(server.taken) < 80
        assert states["accepted"] + states["planned"] == 80
        await asyncio.to_thread(made.finish)
        assert (made.states(), copies(server)) == ({"accepted": 80}, 0)


@pytest.mark.parametrize("command", [("send", "--due", "--json"), ("run",)], ids=["two senders", "two schedulers"])
async def test_two_at_once_send_nothing_twice(installed: Install, command: tuple[str, ...]) -> None:
    made = installed(addresses(60), smtp={"connections": 3}, clock=TICKS, delivery={"lease": "60s"})
    async with Server(Terms(latency=0.01)) as server:
        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        both = [made.start(*command, log=made.folder / f"{n}.log") for n in range(2)]
        await taken(server, 60)
        if command == ("run",):
            await asyncio.to_thread(until, lambda: made.states() == {"accepted": 60}, 20, "not all are recorded", 0.1)
            for process in both:
                process.terminate()
        told = [await asyncio.to_thread(process.communicate) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        if command != ("run",):
            assert sum(json.loads(out)["accepted"] for out, _ in told) == 60
        assert (judge(made, server.taken).sound, made.states(), copies(server)) == (True, {"accepted": 60}, 0)


@contextmanager
def locked(made: Installation) -> Iterator[None]:
    """Nobody else can write (SQLite) or use the outbox at all (PostgreSQL)."""
    app = made.open()
    try:
        with app.engine.connect() as db:
            if app.engine.dialect.name == "sqlite":
                db.connection.driver_connection.execute("BEGIN EXCLUSIVE")
            else:
                db.execute(text("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE"))
            yield
            db.connection.driver_connection.rollback()
    finally:
        app.close()


async def test_a_locked_database_is_waited_for_and_nothing_is_lost_or_twice(installed: Install) -> None:
    made = installed(addresses(60), smtp={"connections": 3})
    async with Server(Terms(latency=0.01)) as server:
        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        process = made.start("send", "--due")
        await taken(server, 5)
        with locked(made):
            await asyncio.sleep(3)
        await asyncio.to_thread(process.communicate)
        assert process.returncode in (0, 1)
        await asyncio.to_thread(made.finish)
        judged = judge(made, server.taken)
    assert judged.sound
    assert (judged.states, judged.copies) == ({"accepted": 60}, 0)


async def test_pages_answer_503_while_the_database_is_locked_or_away_and_200_again_after(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    made = installed(addresses(1))
    app = made.open()
    (path,) = unsubscribe_paths(app).values()
    browser = TestClient(make_web(app), base_url="http://pages.example.com", raise_server_exceptions=True)
    with locked(made) if app.engine.dialect.name == "sqlite" else away(app):
        answer = browser.post(path)
        assert (answer.status_code, "Traceback" in answer.text) == (503, False)
        assert answer.headers["retry-after"]
    assert browser.post(path).status_code == 200
    app.close()


@contextmanager
def away(app: App) -> Iterator[None]:
    """The server refuses connections to this database."""
    app.engine.dispose()
    name = app.engine.url.database
    other = connect(app.engine.url.set(database="postgres").render_as_string(hide_password=False), Path())
    with other.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        yield
        db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    other.dispose()


async def test_a_clock_a_day_ahead_or_an_hour_behind_sends_nothing_twice_and_skips_nothing(installed: Install) -> None:
    made = installed(addresses(20), smtp={"connections": 2})
    async with Server() as server:
        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        behind = await asyncio.to_thread(made.run, "send", "--due", "--json", before=("faketime", "-f", "-1h"))
        assert (behind.returncode, server.taken, made.states()) == (0, [], {"planned": 20})
        ahead = await asyncio.to_thread(made.run, "send", "--due", "--limit", "8", before=("faketime", "-f", "+1d"))
        assert (ahead.returncode, made.states()) == (0, {"accepted": 8, "planned": 12})
        now = await asyncio.to_thread(made.run, "send", "--due")
        assert (now.returncode, made.states(), copies(server)) == (0, {"accepted": 20}, 0)


async def test_a_clock_that_jumps_while_the_clock_runs_sends_nothing_twice(installed: Install, tmp_path: Path) -> None:
    made = installed(addresses(80), smtp={"connections": 2}, clock=TICKS, delivery={"lease": "60s"})
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    made.environ |= {"FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")))
    async with Server(Terms(latency=0.01)) as server:
        made.environ |= {"COMPOSER_SMTP__PORT": str(server.port), "LD_PRELOAD": str(library)}
        process = made.start("worker")
        await taken(server, 10)
        offset.write_text("+1d\n")
        await taken(server, 40)
        offset.write_text("-1h\n")
        await asyncio.sleep(0.5)
        offset.write_text("+0\n")
        await taken(server, 80)
        await asyncio.to_thread(until, lambda: made.states() == {"accepted": 80}, 30, "not all are recorded", 0.1)
        process.terminate()
        await asyncio.to_thread(process.communicate)
    assert (process.returncode, copies(server)) == (0, 0)


@pytest.mark.parametrize("megabytes", [150, 250, 400])
async def test_out_of_memory_is_told_and_the_run_can_be_taken_up_again(installed: Install, megabytes: int) -> None:
    made = installed(addresses(10), smtp={"connections": 2})

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    async with Server() as server:
        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        done = await asyncio.to_thread(made.run, "send", "--due", preexec_fn=limit)
        if done.returncode:
            assert "Traceback" not in done.stderr, done.stderr
            assert "memory" in done.stderr.lower(), done.stderr  # numpy's OpenBLAS says it in words of its own
        await asyncio.to_thread(made.finish)
        judged = judge(made, server.taken)
    assert judged.sound
    assert set(judged.states) <= {"accepted", "unknown"}


KILLS = """
import os, signal
from sqlalchemy import Engine, event
import composer.pipeline.ingest as ingest
import composer.pipeline.plan as plan
plan.PAGE = plan.STORED = 100
ingest.BATCH = 100
left = int(os.environ["KILL_AT"])
@event.listens_for(Engine, "commit")
def count(connection):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
"""
"""Ends the process, as kill -9 does, right before its nth commit, on any machine: what was written by then is half a step."""


def killed_at_each_commit(made: Installation, folder: Path, *words: str) -> Iterator[int]:
    """Run a command that is killed before its 1st, 2nd, 3rd ... commit, until one run ends; give each kill's number."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(KILLS)
    before = dict(made.environ)
    for nth in range(1, 60):
        made.environ |= {"PYTHONPATH": f"{folder}:{REPOSITORY}", "KILL_AT": str(nth)}
        done = made.run(*words)
        made.environ = dict(before)
        if done.returncode == 0:
            return
        assert done.returncode == -signal.SIGKILL, done.stderr
        yield nth
    raise AssertionError("no run ended")


def test_kill_9_while_planning_leaves_a_plan_or_none_and_the_next_one_is_whole(installed: Install, tmp_path: Path) -> None:
    made = installed(addresses(250))
    (tmp_path / "monthly.toml").write_text('name = "monthly"\nwindow = "now"\n')
    assert made.here("campaign", "create", str(tmp_path / "monthly.toml")).exit_code == 0

    def planned() -> tuple[int, bool]:
        """Letters of the new edition that are stored, and whether it can be approved."""
        app = made.open()
        with reading(app.engine) as db:
            count, edition = db.execute(text("SELECT count(*), max(edition) FROM outbox WHERE edition > 1")).one()
            found = count, edition is not None and is_planned(db, edition)  # a number that a kill used up is not given again
        app.close()
        return found

    seen = []
    for _ in killed_at_each_commit(made, tmp_path / "kills", "plan", "monthly"):
        seen.append(planned())
        assert seen[-1] == (250, True) or not seen[-1][1]
    assert made.here("check").exit_code == 0
    assert {count for count, _ in seen} >= {0, 100, 200, 250}  # killed before, between and after the letters were stored
    assert planned() == (250, True)
    assert made.here("campaign", "schedule", "monthly").exit_code == 0
    assert sorted(Counter(row["edition"] for row in made.outbox()).values()) == [250, 250]
    assert len({row["message_id"] for row in made.outbox()}) == 500


def test_kill_9_while_importing_leaves_all_rows_or_none(installed: Install, tmp_path: Path) -> None:
    made = installed([])
    rows = 250
    file = tmp_path / "people.csv"
    file.write_text("recipient_id,email,first_name\n" + "".join(f"r{n},r{n}@example.com,Aino\n" for n in range(rows)))

    def count() -> int:
        app = made.open()
        with reading(app.engine) as db:
            found = int(db.execute(text("SELECT count(*) FROM recipients")).scalar_one())
        app.close()
        return found

    seen = [count() for _ in killed_at_each_commit(made, tmp_path / "kills", "import", "recipients", str(file))]
    assert seen
    assert set(seen) <= {0, rows}
    assert count() == rows


def test_a_postgresql_that_restarts_at_once_is_found_again_and_no_commit_is_assumed(tmp_path: Path) -> None:
    from tests.faults.installation import install

    with ExitStack() as stack:
        database = stack.enter_context(cluster())
        database.administer("CREATE DATABASE faults")
        server = stack.enter_context(beside(tmp_path, latency=0.01, delay=0.01))
        made = install(tmp_path / "installation", addresses(120), database.url.format("faults"), smtp={"connections": 3}, clock=TICKS)
        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        process = made.start("worker")
        until(lambda: server.count() >= 20, 60, "nothing is sent")
        before = server.count()
        database.restart("immediate")
        restarted = time.monotonic()
        until(lambda: server.count() > before + 10, 30, "the worker does not find the database again")
        assert time.monotonic() - restarted < 30
        until(lambda: not made.waiting(), 60, "not all are recorded", 0.2)
        assert process.poll() is None
        process.terminate()
        process.communicate()
        judged = judge(made, server.taken())
        assert process.returncode == 0
    assert judged.sound
    assert set(judged.states) <= {"accepted", "unknown"}
    assert judged.copies <= 3 * 3


def test_one_bad_row_among_many_is_listed_with_its_line_and_the_others_go_in(installed: Install, tmp_path: Path) -> None:
    made = installed([])
    lines = [f"r{n},r{n}@example.com,Aino" for n in range(3000)]
    lines[1234] = "r1234,nobody at all,Aino"
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["recipient_id,email,first_name", *lines]))
    done = made.here("import", "recipients", str(file), "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["added"]) == (1, 2999)
    assert "1236" in json.dumps(told["refused"])
    assert "nobody" not in done.stdout
