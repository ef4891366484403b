"""Service letters on their way: once, with the same bytes, whatever the server does, and never when they are no longer wanted."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from composer.app import App
from composer.config import LibrarySection, Settings
from composer.domain.message import Message
from composer.domain.outcome import OutboxState
from composer.domain.service_letter import Kind
from composer.library import OpenLibrary
from composer.library.service_words import read_service_words
from composer.pipeline.service_letters import queue
from composer.pipeline.service_sending import compose, send_service_letters
from composer.store.consents import is_suppressed
from composer.store.engine import reading, writing
from composer.store.recipients import address_key
from composer.store.service_letters import find, take_back
from composer.store.service_sending import claim
from composer.transports import open_transport
from tests.path.by_hand import ByHand
from tests.path.conftest import REPOSITORY, at, delivering, planned, towards
from tests.path.rows import KEY, NOW, people
from tests.transports.faults import DROP, FaultServer


@pytest.fixture
def installation(sqlite_engine: Engine, tmp_path: Path) -> App:
    """An opened installation without a library: service letters need none."""
    return App(Settings(library=LibrarySection(templates=REPOSITORY / "templates"), folder=tmp_path), sqlite_engine, KEY)


@pytest.fixture
def either(engine: Engine, tmp_path: Path) -> App:
    """The same on both databases: for what hangs on their locks."""
    return App(Settings(library=LibrarySection(templates=REPOSITORY / "templates"), folder=tmp_path), engine, KEY)


def ask(app: App, kind: Kind = Kind.confirm, address: str = "ann@example.com", recipient: int | None = None, language: str = "en") -> int:
    with writing(app.engine) as db:
        number = queue(db, app, kind, address, recipient, {}, NOW, language)
    assert number is not None
    return number


def rows(app: App) -> list[dict[str, Any]]:
    with reading(app.engine) as db:
        return [dict(row) for row in db.execute(text("SELECT * FROM service_letters ORDER BY number")).mappings()]


async def send(app: App, now: Any = NOW) -> dict[str, int]:
    transport = open_transport(app.settings)
    try:
        return dict(await send_service_letters(app, at(now), transport))
    finally:
        await transport.close()


async def test_a_letter_leaves_once_and_says_what_it_is(installation: App) -> None:
    ask(installation, address="ann@exämple.com")
    async with FaultServer() as server:
        towards(installation, server.port)
        assert await send(installation) == {"accepted": 1}
        assert await send(installation, NOW + timedelta(days=1)) == {}
    (taken,) = server.taken
    mail = email.message_from_bytes(taken.data, policy=email.policy.default)
    assert (mail["to"], mail["auto-submitted"], mail["from"]) == (
        "ann@xn--exmple-cua.com",
        "auto-generated",
        "Example Company <letters@example.com>",
    )
    assert mail["subject"] == "Please confirm: letters from Example Company"
    assert not [name for name in mail if name.lower().startswith(("list-", "feedback"))], "there is nothing to unsubscribe from"
    parts = [part.get_content() for part in mail.iter_parts()]  # type: ignore[attr-defined]
    links = [set(re.findall(r"http://127\.0\.0\.1:8025/confirm/[\w-]{36}", part)) for part in parts]
    assert len(links[0]) == 1
    assert links[0] == links[1]
    assert rows(installation)[0]["accepted_at"] == int(NOW.timestamp())


async def test_a_letter_put_off_comes_again_by_the_schedule_with_the_same_bytes(installation: App) -> None:
    ask(installation)
    async with FaultServer({"dot": "451 4.3.0 later"}) as first:
        assert await send(towards(installation, first.port)) == {"try_later": 1}
    (row,) = rows(installation)
    due = NOW.fromtimestamp(row["due_at"], NOW.tzinfo)
    assert due > NOW
    async with FaultServer() as second:
        assert await send(towards(installation, second.port)) == {}
        assert await send(installation, due) == {"accepted": 1}
    assert [t.data for t in second.taken] == [compose_now(installation, row["number"]).data]


def compose_now(app: App, number: int) -> Message:
    with reading(app.engine) as db:
        letter = find(db, number)
    assert letter is not None
    return compose(app, read_service_words(app.settings.path(app.settings.library.templates)), letter)


async def test_silence_after_the_body_is_tried_once_more_and_with_never_twice_not_at_all(installation: App) -> None:
    ask(installation)
    async with FaultServer({"dot": DROP}) as server:
        assert await send(towards(installation, server.port)) == {"unknown": 1}
        due = NOW.fromtimestamp(rows(installation)[0]["due_at"], NOW.tzinfo)
        assert await send(installation, due) == {"unknown": 1}
        assert await send(installation, NOW + timedelta(days=2)) == {}
        assert len({t.data for t in server.taken}) == 1
        assert len(server.taken) == 2
        ask(delivering(installation, never_twice=True), address="bob@example.com")
        assert await send(towards(installation, server.port)) == {"unknown": 1}
        assert rows(installation)[1]["due_at"] is None


async def test_a_body_that_may_be_out_leaves_with_no_other_bytes(installation: App) -> None:
    ask(installation)
    async with FaultServer({"dot": DROP}) as server:
        await send(towards(installation, server.port))
        due = NOW.fromtimestamp(rows(installation)[0]["due_at"], NOW.tzinfo)
        renamed = installation.settings.sender.model_copy(update={"name": "Another Name"})
        installation.settings = installation.settings.model_copy(update={"sender": renamed})
        assert await send(installation, due) == {"unknown": 1}
        assert len(server.taken) == 1


async def test_an_address_that_nobody_has_is_suppressed(installation: App) -> None:
    ask(installation)
    async with FaultServer({"rcpt": "550 5.1.1 no such user"}) as server:
        assert await send(towards(installation, server.port)) == {"refused": 1}
    key = address_key(KEY, "ann@example.com")
    with reading(installation.engine) as db:
        assert is_suppressed(db, [key]) == {key}


async def test_a_letter_whose_link_has_run_out_does_not_leave(installation: App) -> None:
    ask(installation)
    async with FaultServer() as server:
        assert await send(towards(installation, server.port), NOW + timedelta(days=3)) == {"expired": 1}
    assert server.taken == []


@pytest.mark.parametrize("meanwhile", ["erased", "taken back", "answered"])
async def test_what_is_no_longer_wanted_at_the_last_moment_does_not_leave(installation: App, meanwhile: str) -> None:
    (number,) = people(installation.engine, 1)
    ask(installation, Kind.change, recipient=number)
    from composer.store.privacy import erase
    from composer.store.service_letters import mark_done

    def then(_message: Message) -> None:
        with writing(installation.engine) as db:
            if meanwhile == "erased":
                erase(db, number, KEY, NOW)
            elif meanwhile == "answered":
                mark_done(db, rows(installation)[0]["number"], NOW)
            else:
                take_back(db, number, Kind.change)

    transport = ByHand(then)
    assert dict(await send_service_letters(installation, at(), transport)) == {"skipped": 1}
    assert [row["state"] for row in rows(installation)] == (["skipped"] if meanwhile == "answered" else [])


async def test_no_server_holds_letters_up_and_costs_no_try(installation: App) -> None:
    ask(installation)
    ask(installation, address="bob@example.com")
    async with FaultServer() as server:
        port = server.port
    counts = await send(towards(installation, port, connections=1))
    assert sum(counts.values()) == 2
    assert {row["attempts"] for row in rows(installation)} == {0}
    assert {row["state"] for row in rows(installation)} == {OutboxState.planned.value}


async def test_a_letter_of_a_sender_that_died_comes_back_when_its_lease_is_over(either: App) -> None:
    number = ask(either)
    with writing(either.engine) as db:
        assert len(claim(db, NOW, 10, "dead", timedelta(seconds=-1))) == 1
        assert claim(db, NOW, 10, "other", timedelta(minutes=1)) == [], "nobody else gets it meanwhile"
    async with FaultServer() as server:
        assert await send(towards(either, server.port)) == {"accepted": 1}
    assert [(row["number"], row["state"], row["lost"]) for row in rows(either)] == [(number, "accepted", 0)]


async def test_a_body_that_began_before_its_sender_died_is_in_doubt(installation: App) -> None:
    ask(installation)

    class Dies(BaseException):
        pass

    async def never(*_: object) -> None:
        raise Dies

    class Deadly(ByHand):
        async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Any = None) -> Any:
            await begun()
            raise Dies

    with pytest.raises(Dies):
        await send_service_letters(installation, at(), Deadly(lambda _: None))
    (row,) = rows(installation)
    assert (row["state"], row["in_doubt"], bool(row["digest"])) == ("sending", 1, True)


async def test_confirmations_leave_while_every_campaign_is_paused(installation: App, library: OpenLibrary) -> None:
    settings = installation.settings.model_copy(
        update={"library": LibrarySection(modules=REPOSITORY / "modules", templates=REPOSITORY / "templates")}
    )
    installation = App(settings, installation.engine, KEY, {library.sources.version: library})
    planned(installation, 2)
    with writing(installation.engine) as db:
        db.execute(text("UPDATE campaigns SET state = 'paused'"))
    ask(installation)
    async with FaultServer() as server:
        assert await send(towards(installation, server.port)) == {"accepted": 1}
    assert len(server.taken) == 1


async def test_two_workers_at_once_send_each_letter_once(either: App) -> None:
    import asyncio

    for name in ("a", "b", "c", "d", "e", "f"):
        ask(either, address=f"{name}@example.com")
    async with FaultServer() as server:
        towards(either, server.port)
        counts = await asyncio.gather(send(either), send(either))
    assert sum(count.get("accepted", 0) for count in counts) == 6
    assert len({t.data for t in server.taken}) == len(server.taken) == 6


async def test_one_letter_that_cannot_be_made_stops_no_other(installation: App) -> None:
    ask(installation, address="ann@example.com")
    ask(installation, address="bob@example.com")
    with writing(installation.engine) as db:
        db.execute(text("UPDATE service_letters SET address = 'no address' WHERE number = 1"))
    async with FaultServer() as server:
        assert await send(towards(installation, server.port)) == {"refused": 1, "accepted": 1}
    assert "the address cannot be written to" in rows(installation)[0]["reason"]
