"""The pool: how long connections are used, how many are open, and what a server may ask of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from composer.domain.outcome import Verdict
from composer.transports.smtp import SmtpTransport, open_transport
from tests.transports import sending
from tests.transports.faults import SILENCE, FaultServer
from tests.transports.sending import letter, wanted


@pytest.fixture(autouse=True, params=[True, False], ids=["pipelined", "in turn"])
def pipelined(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds whether the server offers PIPELINING or not."""
    monkeypatch.setattr(FaultServer, "pipelining", request.param)


def transport_to(server: FaultServer, **smtp: Any) -> SmtpTransport:
    return open_transport(sending.settings(server.port, **smtp))


async def verdicts(transport: SmtpTransport, count: int) -> list[Verdict]:
    outcomes = await asyncio.gather(*(transport.send(letter(f"r{n}@example.com"), wanted) for n in range(count)))
    return [outcome.verdict for outcome in outcomes]


async def test_a_connection_carries_so_many_letters_and_says_goodbye() -> None:
    async with FaultServer() as server:
        transport = transport_to(server, connections=1, reuse=3)
        assert await verdicts(transport, 7) == [Verdict.accepted] * 7
        await transport.close()
    assert server.connections == 3
    assert sum(line.endswith("QUIT") for line in server.said) == 3


async def test_a_connection_that_nobody_needs_is_closed_in_time() -> None:
    async with FaultServer() as server:
        transport = transport_to(server, idle=timedelta(seconds=0.1))
        assert await verdicts(transport, 1) == [Verdict.accepted]
        await asyncio.sleep(0.3)
        assert server.said[-1] == "(clear) QUIT"
        assert await verdicts(transport, 1) == [Verdict.accepted]
        await transport.close()
    assert server.connections == 2


async def test_where_a_server_wants_no_more_connections_those_that_are_open_carry_on() -> None:
    async with FaultServer(most=2) as server:
        transport = transport_to(server, connections=8)
        assert await verdicts(transport, 40) == [Verdict.accepted] * 40
        await transport.close()
    assert len(server.taken) == 40
    assert server.connections <= 10, "a letter in want of a connection does not knock again and again"


async def test_after_421_fewer_connections_are_used_and_the_letter_is_marked() -> None:
    async with FaultServer({"rcpt@busy.example": "421 4.7.0 too many messages, slow down"}) as server:
        transport = transport_to(server, connections=4)
        asked = await transport.send(letter("a@busy.example"), wanted)
        assert (asked.verdict, asked.throttled) == (Verdict.try_later, True)
        before = server.connections
        assert await verdicts(transport, 12) == [Verdict.accepted] * 12
        await transport.close()
    assert server.connections - before == 1


async def test_many_letters_cancelled_at_any_moment_leave_a_pool_that_works() -> None:
    async with FaultServer() as server:
        transport = transport_to(server, connections=2)
        for step in range(25):
            tasks = [asyncio.create_task(transport.send(letter(f"r{n}@example.com"), wanted)) for n in range(6)]
            for _ in range(step):
                await asyncio.sleep(0)
            for task in tasks[step % 3 :: 2]:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for task, result in zip(tasks, results, strict=True):
                assert task.cancelled() or result.verdict in (Verdict.accepted, Verdict.try_later)  # type: ignore[union-attr]
        async with asyncio.timeout(2):
            assert await verdicts(transport, 6) == [Verdict.accepted] * 6
        await transport.close()


async def test_letters_that_wait_learn_too_that_nobody_answers() -> None:
    async with FaultServer() as server:
        transport = transport_to(server, connections=1)
    async with asyncio.timeout(2):
        assert await verdicts(transport, 5) == [Verdict.unreachable] * 5
    await transport.close()


async def test_a_letter_cancelled_while_it_connects_leaves_none_waiting() -> None:
    async with FaultServer({"connect": SILENCE}, once=True) as server:
        transport = transport_to(server, connections=1)
        first = asyncio.create_task(transport.send(letter(), wanted))
        await server.silent.wait()
        second = asyncio.create_task(transport.send(letter("second@example.com"), wanted))
        await asyncio.sleep(0.02)
        first.cancel()
        async with asyncio.timeout(1):
            assert (await second).verdict is Verdict.accepted
        await transport.close()
