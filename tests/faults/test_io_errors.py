"""Disk full and I/O errors at the 1st, 2nd, 3rd ... write until a run ends without one (SQLite tests itself so).

Here in this process, by a means that works on every machine: the limit on file sizes for SQLite, a trigger that fails the
commit as a full disk does for PostgreSQL. The long form injects errors into a real process's system calls (strace).
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, bindparam, delete, text, update
from sqlmodel import col

import composer.pipeline.recording as recording
from composer.app import App
from composer.domain.campaign import CampaignState, EditionState
from composer.errors import ComposerError
from composer.pipeline.deliver import deliver
from composer.pipeline.recording import CannotRecord
from composer.store.engine import reading, sqlite_file, writing
from composer.store.tables import CampaignRow, EditionRow, EventRow, ImpressionRow
from tests.faults.conftest import Install
from tests.faults.installation import Installation, addresses, judge
from tests.faults.io_errors import clear
from tests.faults.server import Server
from tests.path.conftest import at, installation, library, planned, towards  # noqa: F401 - fixtures
from tests.path.rows import NOW, TABLE, outbox, states

LETTERS, CONNECTIONS = 3, 2
STEP = 3 * 4120
"""Three pages of SQLite's write-ahead log."""


class Rewound:
    """An installation whose campaign can be sent again and again from its start."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.rows = [dict(row) for row in outbox(app.engine)]

    def again(self) -> None:
        columns = {name: bindparam(f"b_{name}") for name in self.rows[0] if name not in ("number", "edition", "recipient")}
        with writing(self.app.engine) as db:
            db.execute(
                update(TABLE).where(TABLE.c.number == bindparam("b_number")).values(**columns),
                [{f"b_{name}": value for name, value in row.items()} for row in self.rows],
            )
            db.execute(delete(EventRow).where(col(EventRow.outbox).is_not(None)))
            db.execute(delete(ImpressionRow))
            db.execute(update(EditionRow).values(state=EditionState.approved.value))
            db.execute(update(CampaignRow).values(state=CampaignState.scheduled.value))


@contextmanager
def full_at(engine: Engine, nth: int, *, for_ever: bool) -> Iterator[None]:
    """Let the database's nth write fail, and all later ones where the disk stays full. SQLite's disk stays full."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as db:
            test = ">=" if for_ever else "="
            db.execute(text("CREATE SEQUENCE fault_count"))
            db.execute(
                text(
                    "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    f"IF nextval('fault_count') {test} {nth} THEN "
                    "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END IF; RETURN NULL; END $$"
                )
            )
            db.execute(
                text(
                    "CREATE CONSTRAINT TRIGGER fault AFTER UPDATE ON outbox DEFERRABLE INITIALLY DEFERRED "
                    "FOR EACH ROW EXECUTE FUNCTION fault()"
                )
            )
        try:
            yield
        finally:
            with writing(engine) as db:
                db.execute(text("DROP TRIGGER fault ON outbox"))
                db.execute(text("DROP FUNCTION fault"))
                db.execute(text("DROP SEQUENCE fault_count"))
        return
    log = sqlite_file(engine).with_name(sqlite_file(engine).name + "-wal")
    with engine.connect() as db:
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not log.exists() or log.stat().st_size == 0
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((nth - 1) * STEP + 4000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def integrity(engine: Engine) -> str:
    if engine.dialect.name == "postgresql":
        return "ok"
    with reading(engine) as db:
        return str(db.exec_driver_sql("PRAGMA integrity_check").scalar())


def end_leases(engine: Engine) -> None:
    with writing(engine) as db:
        db.execute(update(TABLE).where(TABLE.c.state == "sending").values(lease_until=NOW - timedelta(days=9999)))


async def test_a_full_disk_at_any_write_loses_nothing_and_nothing_leaves_that_cannot_be_recorded(
    installation: App,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording, "CannotRecord", Noticed)
    planned(installation, LETTERS)
    rewound = Rewound(installation)
    await until_none_is_left(rewound, for_ever=True)
    if installation.engine.dialect.name == "postgresql":  # the limit on file sizes cannot pass; strace's errors can
        await until_none_is_left(rewound, for_ever=False)


class Noticed(CannotRecord):
    """Says when it was made."""

    def __init__(self, *words: str, **more: str) -> None:
        super().__init__(*words, **more)
        noticed.append(time.monotonic())


noticed: list[float] = []


async def until_none_is_left(rewound: Rewound, *, for_ever: bool) -> None:
    installation, failures = rewound.app, 0  # noqa: F811
    for nth in range(1, 200):
        rewound.again()
        noticed.clear()
        async with Server() as server:
            app = towards(installation, server.port, connections=CONNECTIONS)
            failed = ""
            with full_at(app.engine, nth, for_ever=for_ever):
                try:
                    await deliver(app, at())
                except ComposerError as error:
                    failed = str(error)
            sent = len(server.taken)
            assert integrity(app.engine) == "ok"
            known = states(app).get("accepted", 0)
            # Once it is known that nothing can be recorded, each connection may end the letter it had begun; no other leaves.
            assert sum(letter.data_at > noticed[-1] for letter in server.taken) <= CONNECTIONS if failed and noticed else True, nth
            if not failed:
                assert known == sent == LETTERS
                break
            failures += 1
            assert "disk" in failed.lower() or "space" in failed.lower(), failed
            end_leases(app.engine)
            clock = NOW
            while waiting := [row["due_at"] for row in outbox(app.engine) if row["due_at"] and row["state"] != "accepted"]:
                clock = max(clock, *waiting)
                await deliver(app, at(clock))
            assert states(app) == {"accepted": LETTERS}, nth
            copies = Counter(letter.recipient for letter in server.taken)
            assert sum(copies.values()) - LETTERS <= sent - known
            assert len({(letter.recipient, letter.digest) for letter in server.taken}) == LETTERS
    else:
        raise AssertionError("no run ended without the fault")
    assert failures >= 3


ROOM = 34_000
"""Bytes a file may have in the real command's test: enough for SQLite's index of its log, too little for the log."""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


async def test_a_full_disk_ends_send_plan_and_import_with_one_clear_message(installed: Install, tmp_path: Path) -> None:
    people = addresses(40)
    made = installed(people)
    (tmp_path / "more.csv").write_text("recipient_id,email\n" + "".join(f"m{n},m{n}@example.com\n" for n in range(600)))
    (tmp_path / "monthly.toml").write_text('name = "monthly"\nwindow = "now"\n')
    assert made.here("campaign", "create", str(tmp_path / "monthly.toml")).exit_code == 0
    before = made.states()
    async with Server() as server:
        made.environ["COMPOSER_SMTP__PORT"] = str(server.port)
        for words in (("plan", "monthly"), ("import", "recipients", str(tmp_path / "more.csv")), ("send", "--due")):
            with full_disk(made):
                done = await asyncio.to_thread(made.run, *words, **({"preexec_fn": limited} if sqlite(made) else {}))
            assert done.returncode == 1, (words, done.stdout, done.stderr)
            assert clear(done.stderr), done.stderr
            if words[0] != "send":
                assert made.states() == before  # all or nothing
        assert len(server.taken) < len(people)
        await asyncio.to_thread(made.finish)
        judged = judge(made, server.taken)
    assert judged.sound
    assert judged.states["accepted"] == len(people)


def sqlite(made: Installation) -> bool:
    return "sqlite" in made.config.read_text()


@contextmanager
def full_disk(made: Installation) -> Iterator[None]:
    """For PostgreSQL: whatever is written to the outbox or to the recipients fails when it is committed."""
    if sqlite(made):
        yield
        return
    app = made.open()
    with writing(app.engine) as db:
        db.execute(
            text(
                "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
            )
        )
        for table in ("outbox", "recipients"):
            db.execute(
                text(
                    f"CREATE CONSTRAINT TRIGGER fault AFTER INSERT OR UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED "
                    "FOR EACH ROW EXECUTE FUNCTION fault()"
                )
            )
    try:
        yield
    finally:
        with writing(app.engine) as db:
            for table in ("outbox", "recipients"):
                db.execute(text(f"DROP TRIGGER fault ON {table}"))
            db.execute(text("DROP FUNCTION fault"))
        app.close()
