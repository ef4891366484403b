"""SMTP against a server that fails at every stage: the verdict, what was taken, and what became of the connection."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from composer.demo.inbox import Inbox
from composer.domain.message import Message
from composer.domain.outcome import Verdict
from composer.transports.smtp import open_transport
from tests.transports.faults import DROP, SILENCE, FaultServer
from tests.transports.sending import BODY, letter, send, settings, wanted


@pytest.fixture(autouse=True, params=[True, False], ids=["pipelined", "in turn"])
def pipelined(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The same holds whether the server offers PIPELINING or not."""
    monkeypatch.setattr(FaultServer, "pipelining", request.param)
    return bool(request.param)


async def test_the_server_gets_exactly_the_bytes_that_were_composed() -> None:
    async with FaultServer() as server:
        outcome = await send(server)
    assert (outcome.verdict, outcome.code) == (Verdict.accepted, 250)
    assert [(t.sender, t.recipient, t.data) for t in server.taken] == [("letters@example.com", "aino@example.com", BODY)]


async def test_a_real_server_takes_a_letter_of_dots_as_it_is(tmp_path: Path) -> None:
    with Inbox(tmp_path) as inbox:
        transport = open_transport(settings(inbox.port, timeout=20))
        outcomes = [await transport.send(letter(), wanted) for _ in range(3)]
        await transport.close()
        assert [o.verdict for o in outcomes] == [Verdict.accepted] * 3
        assert inbox.letters() == [BODY] * 3


async def test_one_connection_serves_many_letters_and_says_goodbye() -> None:
    async with FaultServer() as server:
        transport = open_transport(settings(server.port))
        for _ in range(5):
            assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        await transport.close()
        assert server.connections == 1
        assert server.said[-1] == "(clear) QUIT"


async def test_no_more_connections_are_open_than_the_setting_allows() -> None:
    async with FaultServer() as server:
        transport = open_transport(settings(server.port, connections=2))
        await asyncio.gather(*(transport.send(letter(), wanted) for _ in range(10)))
        await transport.close()
        assert server.connections == 2
        assert len(server.taken) == 10


ANSWERED = [
    ("mail", "451 4.3.0 later", Verdict.try_later, 451),
    ("mail", "550 5.7.1 sender not allowed", Verdict.paused, 550),
    ("rcpt", "450 4.2.0 greylisted", Verdict.try_later, 450),
    ("rcpt", "550 5.1.1 no such user", Verdict.refused, 550),
    ("rcpt", "552 5.2.2 mailbox full", Verdict.refused, 552),
    ("rcpt", "421 4.7.0 too fast", Verdict.try_later, 421),
    ("data", "451 4.3.0 later", Verdict.try_later, 451),
    ("data", "554 5.7.1 no", Verdict.refused, 554),
    ("dot", "451 4.3.0 later", Verdict.try_later, 451),
    ("dot", "554 5.7.1 spam", Verdict.refused, 554),
    ("connect", "421 4.7.0 too many connections", Verdict.unreachable, 421),
    ("connect", "554 5.7.1 go away", Verdict.unreachable, 554),
    ("ehlo", "421 4.3.2 closing", Verdict.unreachable, 421),
]


@pytest.mark.parametrize(("stage", "answer", "verdict", "code"), ANSWERED)
async def test_an_answer_is_judged_by_its_stage(stage: str, answer: str, verdict: Verdict, code: int) -> None:
    async with FaultServer({stage: answer}) as server:
        outcome = await send(server)
    assert (outcome.verdict, outcome.code) == (verdict, code)
    assert server.taken == []


@pytest.mark.parametrize("fault", [DROP, SILENCE, "this is not SMTP", "999 what", "250-endless\r\n250-reply", "250 ok\r\n250 ok twice"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
async def test_what_goes_wrong_before_the_body_is_tried_later_and_nothing_was_taken(stage: str, fault: str) -> None:
    async with FaultServer({stage: fault}) as server:
        outcome = await send(server, timeout=0.1)
    assert outcome.verdict is Verdict.try_later
    assert server.taken == []


@pytest.mark.parametrize("fault", [DROP, SILENCE, "this is not SMTP", "354 go on again"])
async def test_what_goes_wrong_after_the_body_is_unknown(fault: str) -> None:
    async with FaultServer({"dot": fault}) as server:
        outcome = await send(server, dot=0.1)
    assert outcome.verdict is Verdict.unknown
    assert "aino" not in outcome.text


@pytest.mark.parametrize("fault", [DROP, SILENCE, "garbage", "521 no", "250 wrong greeting"])
async def test_a_server_that_cannot_be_talked_to_is_unreachable(fault: str) -> None:
    async with FaultServer({"connect": fault}) as server:
        assert (await send(server, timeout=0.1)).verdict is Verdict.unreachable


async def test_a_closed_port_is_unreachable() -> None:
    async with FaultServer() as server:
        port = server.port
    transport = open_transport(settings(port))
    outcome = await transport.send(letter(), wanted)
    assert (outcome.verdict, outcome.text) == (Verdict.unreachable, "no connection")


@pytest.mark.parametrize(
    "fault",
    [
        ("mail", DROP),
        ("rcpt", "nonsense"),
        ("data", "250 ok"),
        ("dot", "250 kept\r\n250 kept again"),
        ("rcpt", "421 closing"),
        ("rset", "500 what"),
    ],
)
async def test_a_connection_that_answered_oddly_is_never_used_again(fault: tuple[str, str]) -> None:
    stage, answer = fault
    async with FaultServer({stage: answer, **({"rcpt": "450 later"} if stage == "rset" else {})}, once=True) as server:
        transport = open_transport(settings(server.port))
        await transport.send(letter(), wanted)
        assert (await transport.send(letter("second@example.com"), wanted)).verdict is Verdict.accepted
        await transport.close()
        assert server.connections == 2
        assert server.taken[-1].recipient == "second@example.com"


async def test_a_doubled_answer_after_the_dot_counts_once() -> None:
    async with FaultServer({"dot": "250 kept\r\n550 5.1.1 no such user"}, once=True) as server:
        transport = open_transport(settings(server.port))
        assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        await transport.close()


async def test_after_a_refusal_the_connection_serves_the_next_letter() -> None:
    async with FaultServer({"rcpt@gone.example.com": "550 5.1.1 no such user"}) as server:
        transport = open_transport(settings(server.port))
        assert (await transport.send(letter("x@gone.example.com"), wanted)).dead_address
        assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        await transport.close()
        assert server.connections == 1


async def test_an_opt_out_is_honoured_up_to_data() -> None:
    async with FaultServer() as server:
        outcome = await send(server, still_wanted=lambda: False)
    assert outcome.verdict is Verdict.withdrawn
    assert not any("DATA" in line for line in server.said)


async def test_the_beginning_of_the_body_is_told_before_its_first_byte() -> None:
    async with FaultServer() as server:
        transport = open_transport(settings(server.port))
        seen: list[int] = []

        async def begun() -> None:
            await asyncio.sleep(0)
            seen.append(len(server.taken))

        await transport.send(letter(), wanted, begun)
        await transport.close()
        assert seen == [0]
        assert len(server.taken) == 1


async def test_where_the_beginning_cannot_be_recorded_no_body_leaves() -> None:
    async def begun() -> None:
        raise OSError("no space left")

    async with FaultServer() as server:
        transport = open_transport(settings(server.port))
        with pytest.raises(OSError, match="no space"):
            await transport.send(letter(), wanted, begun)
        await transport.close()
        assert server.taken == []


async def test_a_cancelled_letter_takes_its_connection_with_it() -> None:
    async with FaultServer({"rcpt": SILENCE}, once=True) as server:
        transport = open_transport(settings(server.port))
        task = asyncio.create_task(transport.send(letter(), wanted))
        await server.silent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await transport.send(letter(), wanted)).verdict is Verdict.accepted
        await transport.close()
        assert server.connections == 2


@pytest.mark.parametrize(
    "message",
    [
        letter(data=b"bare\nline\r\n"),
        letter(data=b"bare\rline\r\n"),
        letter(data=b"no end"),
        letter("a@example.com> NOTIFY=NEVER <b@example.com"),
        letter("a b@example.com"),
        letter("a@example.com\r\nDATA"),
        letter("a@example.com NOTIFY=NEVER"),
        letter("nobody"),
    ],
)
async def test_what_smtp_cannot_carry_is_refused_before_anything_is_said(message: Message) -> None:
    async with FaultServer() as server:
        assert (await send(server, message)).verdict is Verdict.refused
        assert server.connections == 0


async def test_an_address_that_is_not_ascii_needs_a_server_that_says_so() -> None:
    async with FaultServer() as server:
        refused = await send(server, letter("åsa@example.com"))
    assert (refused.verdict, server.taken) == (Verdict.refused, [])
    async with FaultServer(offers=("SMTPUTF8", "8BITMIME")) as server:
        assert (await send(server, letter("åsa@example.com"))).verdict is Verdict.accepted
    assert "(clear) MAIL FROM:<letters@example.com> SMTPUTF8" in server.said


async def test_a_servers_words_reach_the_outcome_without_the_address() -> None:
    async with FaultServer({"rcpt": "550 5.1.1 <aino@example.com> aino is unknown"}) as server:
        outcome = await send(server)
    assert outcome.text == "5.1.1 <address> <address> is unknown"


# TLS and sign-in: trouble pauses the run, and nothing confidential leaves before the connection is safe.


async def test_who_waits_for_a_connection_hears_of_a_refused_sign_in_and_does_not_knock_again() -> None:
    async with FaultServer({"auth": "535 5.7.8 no"}, offers=("AUTH PLAIN",)) as server:
        transport = open_transport(settings(server.port, username="user", password="secret", connections=2))
        outcomes = await asyncio.gather(*(transport.send(letter(f"r{n}@example.com"), wanted) for n in range(6)))
        await transport.close()
    assert {outcome.verdict for outcome in outcomes} == {Verdict.paused}
    assert server.connections == 2
