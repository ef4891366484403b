"""The ways in beside everything else: opened by the clock, told of by `composer check`, in nobody's way when they fail."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from composer.app import App
from composer.config import Inbound
from composer.errors import ComposerError
from composer.pipeline import inlets as ways
from composer.pipeline.check_up import CheckLine, check_up
from composer.pipeline.inlets import LONGEST_WAIT, listen, read_imap, wait_after
from composer.pipeline.tidy import tidy
from composer.scheduler import Clock
from composer.sources.mail.mailbox import Reading
from composer.store.engine import DatabaseTrouble, reading, writing
from composer.store.inlets import Inlet, find_inlet, note_inlet
from composer.store.mails import find_mail, keep, list_mails
from composer.store.tally import came_in, count_in
from tests.inbound._mails import dsn, head_of, sent
from tests.inbound.test_take_in import events, suppressed
from tests.inlets.dovecot import Dovecot
from tests.path.conftest import at
from tests.path.rows import NOW
from tests.path.test_clock import quick

ADDRESS = "bounces@example.com"


def open_to(app: App, dovecot: Dovecot | None = None, listen: str | None = None, **imap: Any) -> App:
    """Configure the ways in."""
    update: dict[str, Any] = {"inbound": Inbound.model_validate({"address": ADDRESS, "listen": listen or "off"})}
    if dovecot is not None:
        update["imap"] = dovecot.imap(**imap)
    app.settings = app.settings.model_copy(update=update)
    return app


def noted(app: App, name: str) -> Inlet | None:
    with reading(app.engine) as db:
        return find_inlet(db, name)


def free_place() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def checks(app: App) -> dict[str, CheckLine]:
    return {line.check: line for line in check_up(app)}


def lmtp(place: str, raw: bytes) -> None:
    host, _, port = place.rpartition(":")
    with smtplib.LMTP(host, int(port)) as server:
        server.sendmail("", [ADDRESS], raw)


async def test_the_clock_opens_both_ways_and_what_comes_takes_effect(
    installation: App, dovecot: Dovecot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = await asyncio.to_thread(sent, installation, 2)
    place = free_place()
    app = quick(open_to(installation, dovecot, place))
    dovecot.put(dsn(original=head_of(first)))
    stop = asyncio.Event()
    clock = asyncio.create_task(Clock(app, stop, at(NOW + timedelta(hours=1))).run())
    await until(lambda: noted(app, "listener") is not None)
    await asyncio.to_thread(lmtp, place, dsn("r2@example.com", original=head_of(second)))
    assert suppressed(app, "r2@example.com") == [True], "250 is said when the mail has taken effect"
    await until(lambda: suppressed(app, "r1@example.com") == [True])
    await until(lambda: (noted(app, "imap") or Inlet(NOW)).told != "")
    stop.set()
    async with asyncio.timeout(9):
        await clock
    assert len(events(app, "bounced")) == 2
    with reading(app.engine) as db:
        assert came_in(db) == {"bounce": 2}
    assert {name: checks(app)[name].ok for name in ("listener", "imap")} == {"listener": True, "imap": True}
    assert "example.com" not in capsys.readouterr().err
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(lmtp, place, b"")


async def test_what_people_write_back_is_kept_from_every_way(installation: App, dovecot: Dovecot) -> None:
    [letter] = await asyncio.to_thread(sent, installation)
    reply = b"In-Reply-To: " + letter.message_id.encode()
    mail = b"From: R1@Example.com\r\nTo: bounces@example.com\r\nSubject: Re: news\r\n" + reply + b"\r\n\r\nCall me, please.\r\n"
    place = free_place()
    app = open_to(installation, dovecot, place)
    stop = asyncio.Event()
    task = asyncio.create_task(listen(app, at(NOW), stop))
    await until(lambda: noted(app, "listener") is not None)
    dovecot.put(mail)
    await asyncio.to_thread(lmtp, place, mail)
    await asyncio.to_thread(read_imap, app, NOW)
    stop.set()
    await task
    assert dovecot.flags() == ["S"]
    with reading(app.engine) as db:
        [row] = list_mails(db)
        found = find_mail(db, row.number)
    assert found is not None
    assert (row.kind, row.recipient, row.sender, row.subject) == ("reply", "r1", "R1@Example.com", "Re: news")
    assert "Call me, please." in found.text


async def test_a_wrong_password_stops_nothing_and_is_told_in_one_line(
    installation: App, dovecot: Dovecot, capsys: pytest.CaptureFixture[str]
) -> None:
    app = quick(open_to(installation, dovecot, free_place(), password="wrong"))
    stop = asyncio.Event()
    clock = asyncio.create_task(Clock(app, stop, at()).run())
    await until(lambda: noted(app, "imap") is not None and noted(app, "listener") is not None)
    stop.set()
    await clock
    line = checks(app)["imap"]
    assert line.ok is None
    assert line.detail.startswith(f"127.0.0.1:{dovecot.port}: the mail server refuses the user name or the password (")
    told = [line for line in capsys.readouterr().err.splitlines() if "way_in_failed" in line]
    assert len(told) == 1
    assert checks(app)["listener"].ok is True


def test_a_mailbox_that_fails_is_left_alone_longer_each_time_and_comes_back(
    installation: App, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    original = ways.read_mailbox
    monkeypatch.setattr(ways, "read_mailbox", lambda *words: tries.append(1) or original(*words))
    wrong = open_to(installation, dovecot, port=1)
    moment = NOW
    for _ in range(240):  # four hours of minutes
        read_imap(wrong, moment)
        moment += timedelta(minutes=1)
    assert len(tries) == 11  # after 0, 2, 6, 14, 30, 60, 90 ... 210 minutes
    read_imap(open_to(installation, dovecot), moment + LONGEST_WAIT)
    assert noted(installation, "imap") == Inlet(moment + LONGEST_WAIT, told="0 mails taken")
    read_imap(installation, moment + LONGEST_WAIT)
    assert len(tries) == 13


@pytest.mark.parametrize(("failures", "minutes"), [(1, 2), (3, 8), (4, 16), (5, 30), (10**9, 30)])
def test_the_wait_doubles_up_to_half_an_hour(failures: int, minutes: int) -> None:
    assert wait_after(failures, timedelta(minutes=1)) == timedelta(minutes=minutes)
    assert wait_after(failures, timedelta(days=3650)) == timedelta(days=3650)


def test_a_mailbox_is_read_again_where_the_database_was_away(installation: App, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_to(installation, dovecot)
    dovecot.put(b"Subject: x\r\n\r\nhello\r\n")

    def away(*_: object) -> None:
        raise DatabaseTrouble("the database says: database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(ways, "take_in", away)
        with pytest.raises(ComposerError):
            read_imap(app, NOW)
    assert dovecot.flags() == [""]
    read_imap(app, NOW)
    assert dovecot.flags() == ["S"]


async def test_where_the_place_is_taken_the_listener_waits_for_it(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "PULSE_SECONDS", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as other:
        place = f"127.0.0.1:{other.getsockname()[1]}"
        app = open_to(installation, listen=place)
        stop = asyncio.Event()
        task = asyncio.create_task(listen(app, at(), stop))
        await until(lambda: noted(app, "listener") is not None)
        told = noted(app, "listener")
        assert told is not None
        assert told.error.startswith(f"{place}: cannot listen for mail")
        assert checks(app)["listener"].ok is None
    await until(lambda: (noted(app, "listener") or Inlet(NOW, "x")).error == "")
    await asyncio.to_thread(lmtp, place, b"Subject: x\r\n\r\nhello\r\n")
    stop.set()
    await task


async def test_another_process_that_listens_is_not_talked_over(installation: App) -> None:
    """Two workers on one machine: the second one's trouble is none, as long as the first one says that it listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        app = open_to(installation, listen=f"127.0.0.1:{other.getsockname()[1]}")
        with writing(app.engine) as db:
            note_inlet(db, "listener", Inlet(NOW - timedelta(seconds=30)))
        stop = asyncio.Event()
        stop.set()
        await listen(app, at(), stop)
        stop.clear()
        task = asyncio.create_task(listen(app, at(), stop))
        await asyncio.sleep(0.1)
        stop.set()
        await task
    assert noted(app, "listener") == Inlet(NOW - timedelta(seconds=30))


def test_the_mailbox_is_read_up_to_the_limit_of_all_mail(installation: App, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    monkeypatch.setattr(ways, "read_mailbox", lambda _section, _address, limit, *_: limits.append(limit) or Reading())
    installation.settings = installation.settings.model_copy(update={"inbound": Inbound(size_limit=123_456)})
    read_imap(installation, NOW)
    assert limits == [123_456]


def test_ways_that_are_not_configured_are_not_told_of(installation: App) -> None:
    assert {"listener", "imap", "replies"} & checks(installation).keys() == set()
    app = open_to(installation, listen="127.0.0.1:8024")
    assert checks(app)["listener"] == CheckLine(
        "listener", None, "127.0.0.1:8024: not opened yet; 'composer run' or 'composer worker' does"
    )


def test_replies_waiting_are_told_of_and_old_ones_go(installation: App) -> None:
    with writing(installation.engine) as db:
        for days in (100, 40, 1):
            keep(db, installation.key, mail_id=str(days), kind="reply", received_at=NOW - timedelta(days=days))
    assert checks(installation)["replies"].detail == "3 reply to be read: 'composer replies list'"
    assert tidy(installation, NOW).mails == 1
    installation.settings = installation.settings.model_copy(update={"inbound": Inbound(keep=timedelta(days=30))})
    assert tidy(installation, NOW).mails == 1
    with reading(installation.engine) as db:
        assert [row.received_at for row in list_mails(db)] == [NOW - timedelta(days=1)]


def test_counts_of_what_came_in_only_grow(engine: Engine) -> None:
    with writing(engine) as db:
        count_in(db, ["bounce", "reply", "bounce"])
        db.rollback()
    with writing(engine) as db:
        count_in(db, ["bounce", "reply", "bounce"])
    with writing(engine) as db:
        count_in(db, ["bounce"])
        count_in(db, [])
        assert came_in(db) == {"bounce": 3, "reply": 1}
        assert db.execute(text("SELECT value FROM marks WHERE name = 'came-in:bounce'")).scalar() == "3"
