"""Letters one behind the other over one connection: what is written ahead, and that nothing of it goes astray."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.transports.smtp import SmtpTransport, open_transport
from tests.transports import sending
from tests.transports.faults import DOUBLED, DROP, SILENCE, FaultServer, Taken
from tests.transports.sending import letter, wanted


def numbered(number: int, domain: str = "example.com", size: int = 10) -> Message:
    """A letter whose body names its recipient."""
    recipient = f"reader{number}@{domain}"
    return letter(recipient, f"To: {recipient}\r\n\r\n.{'x' * size}\r\n".encode())


def transport_to(server: FaultServer, **smtp: Any) -> SmtpTransport:
    return open_transport(sending.settings(server.port, **{"connections": 1, **smtp}))


async def send_all(server: FaultServer, messages: list[Message], **smtp: Any) -> list[Outcome]:
    transport = transport_to(server, **smtp)
    try:
        return list(await asyncio.gather(*(transport.send(message, wanted) for message in messages)))
    finally:
        await transport.close()


def belongs(taken: Taken) -> bool:
    return taken.data.startswith(f"To: {taken.recipient}\r\n".encode())


async def test_the_next_envelope_is_written_behind_the_body() -> None:
    async with FaultServer() as server:
        outcomes = await send_all(server, [numbered(n) for n in range(6)])
    assert [outcome.verdict for outcome in outcomes] == [Verdict.accepted] * 6
    assert server.connections == 1
    assert sorted(taken.recipient for taken in server.taken) == [f"reader{n}@example.com" for n in range(6)]
    assert all(belongs(taken) for taken in server.taken)
    assert server.ahead == 5, "MAIL of each letter but the first came together with the dot before it"


async def test_without_the_offer_nothing_is_written_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaultServer, "pipelining", False)
    async with FaultServer() as server:
        outcomes = await send_all(server, [numbered(n) for n in range(6)])
    assert [outcome.verdict for outcome in outcomes] == [Verdict.accepted] * 6
    assert (server.ahead, server.connections) == (0, 1)


async def test_a_letter_that_comes_while_a_body_is_on_its_way_follows_it_at_once() -> None:
    async with FaultServer({"dot@slow.example": SILENCE}) as server:
        transport = transport_to(server)
        first = asyncio.create_task(transport.send(numbered(0, "slow.example"), wanted))
        await server.silent.wait()
        second = asyncio.create_task(transport.send(numbered(1), wanted))
        await asyncio.sleep(0.05)
        assert not second.done()
        first.cancel()  # closes the connection; the letter behind it is none the worse
        assert (await second).verdict is Verdict.accepted
        await transport.close()
        assert server.connections == 2


@pytest.mark.parametrize("lax", [False, True])
@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "450 4.2.0 later"])
async def test_behind_a_refused_recipient_the_connection_goes_on(answer: str, lax: bool) -> None:
    async with FaultServer({"rcpt@gone.example": answer}, lax=lax) as server:
        outcomes = await send_all(server, [numbered(0), numbered(1, "gone.example"), numbered(2), numbered(3, "gone.example")])
    assert [outcome.verdict is Verdict.accepted for outcome in outcomes] == [True, False, True, False]
    assert outcomes[1].code == int(answer[:3])
    assert server.connections == 1
    assert sorted(taken.recipient for taken in server.taken) == ["reader0@example.com", "reader2@example.com"]
    assert all(belongs(taken) for taken in server.taken)


async def test_a_server_that_takes_an_empty_letter_for_nobody_is_left() -> None:
    async with FaultServer({"rcpt@gone.example": "550 5.1.1 no", "order": "250 kept"}, lax=True) as server:
        outcomes = await send_all(server, [numbered(0, "gone.example"), numbered(1)])
    assert [outcome.verdict for outcome in outcomes] == [Verdict.refused, Verdict.accepted]
    assert server.connections == 2


async def test_a_refused_sender_with_data_accepted_never_gets_a_body() -> None:
    async with FaultServer({"mail": "550 5.7.1 no", "rcpt": "250 ok", "order": "250 ok"}, lax=True) as server:
        outcomes = await send_all(server, [numbered(0)])
    assert (outcomes[0].verdict, server.taken, server.dots) == (Verdict.paused, [], 0)


@pytest.mark.parametrize("answer", ["250 ok", "554 5.5.1 no", "451 later", "nonsense", "200 fine"])
async def test_without_354_no_byte_of_a_body_leaves(answer: str) -> None:
    async with FaultServer({"data": answer}) as server:
        outcomes = await send_all(server, [numbered(n) for n in range(3)])
    assert server.taken == []
    assert not any("xxx" in line or "To:" in line for line in server.said)
    assert not any(outcome.verdict in (Verdict.accepted, Verdict.unknown) for outcome in outcomes)


@pytest.mark.parametrize("stage", ["dot", "mail", "rcpt", "data"])
async def test_one_answer_too_many_is_found_before_a_body_can_go_astray(stage: str) -> None:
    async with FaultServer({stage: DOUBLED}) as server:
        outcomes = await send_all(server, [numbered(n) for n in range(5)])
    assert all(belongs(taken) for taken in server.taken)
    known = {taken.recipient for taken in server.taken}
    for number, outcome in enumerate(outcomes):
        assert (outcome.verdict is Verdict.accepted) == (f"reader{number}@example.com" in known)
        assert outcome.verdict in (Verdict.accepted, Verdict.try_later)


async def test_an_opt_out_while_waiting_behind_another_letter_stops_the_body() -> None:
    left = False

    async def leave() -> None:
        nonlocal left
        left = True

    async with FaultServer() as server:
        transport = transport_to(server)
        asked: list[bool] = []

        def still() -> bool:
            asked.append(left)
            return not left

        first = transport.send(numbered(0), wanted, leave)
        second = transport.send(numbered(1), still)
        outcomes = await asyncio.gather(first, second)
        assert [outcome.verdict for outcome in outcomes] == [Verdict.accepted, Verdict.withdrawn]
        assert asked == [True], "it opted out before its DATA was written: no DATA at all"
        assert sum(line.endswith("DATA") for line in server.said) == 1
        assert (await transport.send(numbered(2), wanted)).verdict is Verdict.accepted
        await transport.close()


async def test_an_opt_out_after_data_closes_the_connection_before_the_dot() -> None:
    async with FaultServer() as server:
        transport = transport_to(server)
        answers = iter([True, False])
        async with asyncio.timeout(1):
            outcomes = await asyncio.gather(
                transport.send(numbered(0), wanted), transport.send(numbered(1), lambda: next(answers)), transport.send(numbered(2), wanted)
            )
        await transport.close()
    assert [outcome.verdict for outcome in outcomes] == [Verdict.accepted, Verdict.withdrawn, Verdict.accepted]
    assert sorted(taken.recipient for taken in server.taken) == ["reader0@example.com", "reader2@example.com"]


@pytest.mark.parametrize(
    ("fault", "first"), [(DROP, Verdict.unknown), ("garbage", Verdict.unknown), ("421 4.3.2 closing", Verdict.try_later)]
)
async def test_trouble_with_one_body_costs_the_letter_behind_it_nothing(fault: str, first: Verdict) -> None:
    async with FaultServer({"dot@bad.example": fault}) as server:
        outcomes = await send_all(server, [numbered(0, "bad.example"), numbered(1), numbered(2)])
    assert [outcome.verdict for outcome in outcomes] == [first, Verdict.accepted, Verdict.accepted]
    assert server.connections == 2


async def test_a_cancelled_letter_that_only_follows_leaves_the_body_before_it_in_peace() -> None:
    async with FaultServer({"data@second.example": "354 go on"}) as server:
        transport = transport_to(server)
        gate = asyncio.Event()
        first = asyncio.create_task(transport.send(numbered(0, "first.example"), wanted, gate_opened(gate)))
        second = asyncio.create_task(transport.send(numbered(1, "second.example"), wanted))
        await asyncio.sleep(0.02)
        gate.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second.cancel()
        assert (await first).verdict is Verdict.accepted
        with pytest.raises(asyncio.CancelledError):
            await second
        assert (await transport.send(numbered(2), wanted)).verdict is Verdict.accepted
        await transport.close()
    assert sorted(taken.recipient for taken in server.taken) == ["reader0@first.example", "reader2@example.com"]


def gate_opened(gate: asyncio.Event) -> Callable[[], Any]:
    async def begun() -> None:
        await gate.wait()

    return begun


async def test_a_letter_that_cannot_be_recorded_stops_before_its_body_and_the_next_goes_on() -> None:
    async def begun() -> None:
        raise OSError("no space left")

    async with FaultServer() as server:
        transport = transport_to(server)
        results = await asyncio.gather(
            transport.send(numbered(0), wanted),
            transport.send(numbered(1), wanted, begun),
            transport.send(numbered(2), wanted),
            return_exceptions=True,
        )
        await transport.close()
    assert isinstance(results[1], OSError)
    assert [results[0].verdict, results[2].verdict] == [Verdict.accepted, Verdict.accepted]  # type: ignore[union-attr]
    assert sorted(taken.recipient for taken in server.taken) == ["reader0@example.com", "reader2@example.com"]


async def test_a_look_at_the_opt_outs_that_fails_concerns_its_own_letter() -> None:
    def broken() -> bool:
        raise OSError("database gone")

    async with FaultServer() as server:
        transport = transport_to(server)
        results = await asyncio.gather(transport.send(numbered(0), wanted), transport.send(numbered(1), broken), return_exceptions=True)
        await transport.close()
    assert isinstance(results[1], OSError)
    assert results[0].verdict is Verdict.accepted  # type: ignore[union-attr]


async def test_a_server_that_loses_what_is_written_ahead_is_found_out_and_spared() -> None:
    async with FaultServer(deaf=True) as server:
        outcomes = await send_all(server, [numbered(n) for n in range(8)], timeout=0.1)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.accepted] * 8
    assert len(server.taken) == 8
    assert server.connections == 3, "two connections told it; the third goes turn by turn"


async def test_a_connection_that_died_while_it_rested_costs_a_letter_nothing() -> None:
    async with FaultServer({"mail": None, "quit": None}) as server:  # type: ignore[dict-item]
        transport = transport_to(server)
        assert (await transport.send(numbered(0), wanted)).verdict is Verdict.accepted
        server.hang_up()
        assert (await transport.send(numbered(1), wanted)).verdict is Verdict.accepted
        await transport.close()
    assert server.connections == 2


async def test_a_body_that_breaks_off_half_way_was_surely_not_taken() -> None:
    async with FaultServer({"body@big.example": DROP}) as server:
        outcomes = await send_all(server, [numbered(0, "big.example", size=8_000_000), numbered(1)])
    assert [outcome.verdict for outcome in outcomes] == [Verdict.try_later, Verdict.accepted]
    assert [taken.recipient for taken in server.taken] == ["reader1@example.com"]


async def test_a_body_that_is_refused_half_way_is_refused() -> None:
    async with FaultServer({"body@big.example": "552 5.3.4 too large"}) as server:
        outcomes = await send_all(server, [numbered(0, "big.example", size=8_000_000), numbered(1)])
    assert [(outcome.verdict, outcome.code) for outcome in outcomes] == [(Verdict.refused, 552), (Verdict.accepted, 250)]


ODD = [DROP, DOUBLED, "nonsense", "250 ok", "354 go on", "503 5.5.1 order"]
FAULTS = [*ODD, "451 4.3.0 later", "550 5.1.1 no such user", "421 4.3.2 closing"]
SCRIPTS = st.lists(st.sampled_from([*[None] * 8, *FAULTS]), max_size=60)


@settings(max_examples=60, deadline=None)
@given(SCRIPTS, st.booleans(), st.integers(1, 2), st.integers(0, 4))
def test_whatever_fails_every_letter_taken_is_known_as_taken_or_unknown_and_none_goes_astray(
    script: list[str | None], lax: bool, connections: int, unwanted: int
) -> None:
    async def check() -> None:
        async with FaultServer(script=iter(script), lax=lax) as server:
            transport = transport_to(server, connections=connections, timeout=0.2, dot=0.2)
            asked = 0

            def still() -> bool:
                nonlocal asked
                asked += 1
                return asked != unwanted * 3

            messages = [numbered(number) for number in range(8)]
            outcomes = await asyncio.gather(*(transport.send(message, still) for message in messages))
            await transport.close()
            taken = [letter.recipient for letter in server.taken]
            assert all(belongs(letter) for letter in server.taken)
            assert len(set(taken)) == len(taken), "nothing is sent twice within one send"
            for message, outcome in zip(messages, outcomes, strict=True):
                if message.recipient in taken:
                    assert outcome.verdict in (Verdict.accepted, Verdict.unknown), (script, outcome)
                else:
                    assert outcome.verdict is not Verdict.accepted, (script, outcome)

    asyncio.run(check())
