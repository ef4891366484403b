"""A letter that ends the process of whoever handles it is set aside; all the others arrive, and none is set aside with it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from composer.app import App
from composer.dispatch.states import ALONE, SENDING_KILLS, SET_ASIDE
from composer.pipeline.claiming import Claims
from composer.pipeline.rehearsal import Rehearsal
from composer.store.decisions import dump_newsletter
from composer.store.engine import writing
from tests.path.conftest import REPOSITORY, planned
from tests.path.rows import NOW, TABLE, outbox
from tests.path.test_breaks import end_leases
from tests.path.test_breaks import finish as finish_waiting
from tests.transports.faults import FaultServer

KILLS_COMPOSING = """
import os, signal
from composer.pipeline.compose import Composer
compose = Composer.compose
def poisoned(self, newsletter, person, *rest):
    if person.recipient_id == "r30":
        os.kill(os.getpid(), signal.SIGSEGV)
    return compose(self, newsletter, person, *rest)
Composer.compose = poisoned
"""
KILLS_SENDING = """
import os, signal
from composer.pipeline.recording import Recorder
begun = Recorder.begun
async def poisoned(self, number, body, **rest):
    if b"r30@example.com" in body:
        os.kill(os.getpid(), signal.SIGABRT)
    await begun(self, number, body, **rest)
Recorder.begun = poisoned
"""


async def send(app: App, folder: Path, port: int, poison: str) -> int:
    """Run `composer send` in a process of its own, in which one letter is deadly; return how it ended."""
    (folder / "poison").mkdir(exist_ok=True)
    (folder / "poison" / "sitecustomize.py").write_text(poison)  # read by every Python that is started, children too
    (folder / "secret.key").write_text(app.key.hex())
    (folder / "config.toml").write_text(
        f'[database]\nurl = "{app.engine.url.render_as_string(hide_password=False)}"\n[library]\nmodules = "{REPOSITORY}/modules"\n'
        f'templates = "{REPOSITORY}/templates"\n[smtp]\nport = {port}\nstart_tls = "off"\nconnections = 4\n'
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "composer", "--config", str(folder / "config.toml"), "send", "--due", "--now", NOW.isoformat()),
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{folder / 'poison'}{os.pathsep}{REPOSITORY}"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    ended = await process.wait()
    end_leases(app.engine)
    return ended


async def finish(app: App, server: FaultServer) -> Counter[tuple[str, str]]:
    """Deliver what may be out already, an answer having been lost, once more; return the states and reasons of all."""
    await finish_waiting(app, server)
    return Counter((row["state"], row["reason"]) for row in outbox(app.engine))


def copies(server: FaultServer) -> dict[str, int]:
    """Recipient -> how many different letters arrived: what was under way at a death may go again, never another way."""
    return {t.recipient: len({other.data for other in server.taken if other.recipient == t.recipient}) for t in server.taken}


async def test_a_letter_whose_composing_kills_is_set_aside_by_the_third_run_which_delivers_the_rest(
    installation: App, tmp_path: Path
) -> None:
    planned(installation, 60)
    async with FaultServer() as server:
        ends = [await send(installation, tmp_path, server.port, KILLS_COMPOSING) for _ in range(3)]
        assert ends == [-signal.SIGSEGV, -signal.SIGSEGV, 0]
        assert len(copies(server)) == 59
        assert await finish(installation, server) == {("accepted", ""): 59, ("refused", SET_ASIDE): 1}
    assert set(copies(server).values()) == {1}


async def test_a_letter_whose_sending_kills_is_set_aside_after_three_deaths_alone(app: App, tmp_path: Path) -> None:
    planned(app, 40)
    async with FaultServer() as server:
        ends = [await send(app, tmp_path, server.port, KILLS_SENDING) for _ in range(5)]
        assert len(copies(server)) == 39  # the others need not wait until it is set aside
        ends += [await send(app, tmp_path, server.port, KILLS_SENDING) for _ in range(2)]
        assert ends == [*[-signal.SIGABRT] * 6, 0]
        assert await finish(app, server) == {("accepted", ""): 39, ("refused", SENDING_KILLS): 1}
    assert set(copies(server).values()) == {1}


def decided(app: App) -> tuple[int, str]:
    """A claimed letter: its edition, and the decision as it is frozen."""
    (letter,) = Claims(app, "us").take(NOW, 1).letters
    return letter.claimed.edition, dump_newsletter(letter.newsletter, letter.person)


def test_a_child_that_was_told_to_end_blames_nobody_and_the_next_letter_has_a_new_one(installation: App) -> None:
    planned(installation, 1)
    edition, decision = decided(installation)
    rehearsal = Rehearsal(installation)
    try:
        assert rehearsal.survives(edition, decision)
        process = rehearsal._child[0] if rehearsal._child else None
        assert process is not None
        os.kill(process.pid or 0, signal.SIGKILL)
        assert rehearsal.survives(edition, decision)
        assert rehearsal.survives(edition, decision)
    finally:
        rehearsal.close()


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_suspects_are_claimed_last_and_the_gravest_alone(installation: App, lost: int) -> None:
    planned(installation, 30)
    rows = [row["number"] for row in outbox(installation.engine)]
    with writing(installation.engine) as db:
        db.execute(TABLE.update().where(TABLE.c.number.in_(rows[:25])).values(lost=lost))
    claims = Claims(installation, "us")
    claims.rehearsal.survives = lambda *_: True  # type: ignore[method-assign]
    assert claims.take(NOW, 500).taken == 5
    second = claims.take(NOW, 500)
    assert (second.taken, second.waits) == ((20, False) if lost < ALONE else (0, True))
    with writing(installation.engine) as db:
        db.execute(TABLE.update().where(TABLE.c.lease_owner == "us").values(state="accepted"))
    third = claims.take(NOW, 500)
    assert third.taken == (5 if lost < ALONE else 1)
    assert lost < ALONE or (claims.take(NOW, 500).taken, claims.take(NOW, 500).waits) == (0, True)
