"""The dialogue by itself: answers in any pieces, deadlines, and on which side of the dot a connection broke."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.transports._dialogue import LONGEST_REPLY, TAIL, Dialogue, Reply

ANSWERS = b"250 2.0.0 kept\r\n250-2.1.0 one\r\n250 two\r\n550 5.1.1 no such user\r\n354\r\n"
MEANT = [(250, "2.0.0 kept"), (250, "2.1.0 one two"), (550, "5.1.1 no such user"), (354, "")]


class Wire(asyncio.Transport):
    """A transport of which `room` bytes are taken at once; the rest waits until `drain`."""

    def __init__(self, room: int = 1_000_000) -> None:
        super().__init__()
        self.room, self.unsent, self.sent, self.aborted = room, b"", b"", False
        self.limit, self.paused = 0, False
        self.protocol: Any = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == low == TAIL
        self.limit = TAIL

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.unsent += data
        self.drain(0)

    def drain(self, more: int) -> None:
        """The other side reads `more` bytes."""
        taken = min(self.room + more, len(self.unsent))
        self.sent, self.unsent = self.sent + self.unsent[:taken], self.unsent[taken:]
        self.room += more - taken
        if (len(self.unsent) > self.limit) != self.paused:
            self.paused = not self.paused
            (self.protocol.pause_writing if self.paused else self.protocol.resume_writing)()

    def abort(self) -> None:
        self.unsent, self.aborted = b"", True


def heard(dialogue: Dialogue, count: int, pieces: list[bytes]) -> list[Reply | None]:
    answers = dialogue.say(b"x\r\n" * count, *[60.0] * count)
    for piece in pieces:
        dialogue.data_received(piece)
    return [answer.result() if answer.done() else None for answer in answers]


@pytest.mark.parametrize("cut", range(len(ANSWERS) + 1))
async def test_answers_cut_at_any_byte_are_the_same_answers(cut: int) -> None:
    replies = heard(Dialogue(Wire(), 60.0), 4, [ANSWERS[:cut], ANSWERS[cut:]])
    assert [(reply.code, reply.text) for reply in replies if reply] == MEANT


@given(st.lists(st.integers(0, len(ANSWERS)), max_size=30))
def test_answers_in_any_number_of_pieces_are_the_same_answers(cuts: list[int]) -> None:
    async def check() -> None:
        places = [0, *sorted(cuts), len(ANSWERS)]
        wire = Wire()
        dialogue = Dialogue(wire, 60.0)
        replies = heard(dialogue, 4, [ANSWERS[a:b] for a, b in pairwise(places)])
        assert [(reply.code, reply.text) for reply in replies if reply] == MEANT
        assert dialogue.usable
        dialogue.data_received(b"2")
        assert not dialogue.usable, "not one byte may come that nobody asked for"
        assert wire.aborted

    asyncio.run(check())


@given(st.binary(max_size=60))
def test_whatever_comes_is_a_reply_or_the_end(noise: bytes) -> None:
    async def check() -> None:
        dialogue = Dialogue(Wire(), 60.0)
        for reply in heard(dialogue, 2, [noise]):
            assert reply is None or reply.code == 0 or 100 <= reply.code <= 599
            assert reply is None or reply.code or not dialogue.usable

    asyncio.run(check())


@pytest.mark.parametrize(
    "odd",
    [b"2x0 ok\r\n", b"99 ok\r\n", b"600 ok\r\n", b"250_ok\r\n", b"\r\n", b"250-ok\r\n251 ok\r\n", b"-" * (LONGEST_REPLY + 1)],
)
async def test_what_is_no_reply_ends_the_dialogue_for_every_command(odd: bytes) -> None:
    replies = heard(Dialogue(Wire(), 60.0), 3, [b"250 ok\r\n" + odd])
    assert [reply and reply.code for reply in replies] == [250, 0, 0]


async def test_an_endless_answer_is_ended() -> None:
    dialogue = Dialogue(Wire(), 60.0)
    replies = heard(dialogue, 1, [b"250-more\r\n" * 100] * 40)
    assert [reply and (reply.code, reply.text) for reply in replies] == [(0, "an endless answer")]


async def test_after_the_end_nothing_is_written_and_all_is_answered() -> None:
    wire = Wire()
    dialogue = Dialogue(wire, 60.0)
    dialogue.close()
    (answer,) = dialogue.say(b"MAIL\r\n", 60.0)
    assert (answer.result().code, wire.sent) == (0, b"")


async def test_each_command_has_its_own_deadline_counted_from_the_answer_before() -> None:
    loop = asyncio.get_running_loop()
    dialogue = Dialogue(Wire(), 0.05)
    begun = loop.time()
    body, mail = dialogue.say(b"body and MAIL", 0.3, 0.05)
    loop.call_later(0.15, dialogue.data_received, b"250 kept\r\n")
    assert ((await body).code, (await mail).text) == (250, "no answer in time")
    assert 0.19 < loop.time() - begun < 0.29


BODY = b"x" * 5_000


async def test_a_break_while_the_body_leaves_proves_that_it_was_not_taken() -> None:
    wire = Wire(room=1_000)
    dialogue = Dialogue(wire, 60.0)
    (answer,) = dialogue.say(BODY, 60.0)
    dialogue.connection_lost(None)
    assert answer.result() == Reply(0, b"the connection was lost", early=True)
    assert wire.aborted


async def test_a_break_when_the_dot_may_have_left_proves_nothing() -> None:
    wire = Wire(room=1_000)
    dialogue = Dialogue(wire, 60.0)
    (answer,) = dialogue.say(BODY, 60.0)
    wire.drain(3_500)
    dialogue.eof_received()
    assert answer.result() == Reply(0, b"the server closed the connection", early=False)


async def test_an_answer_before_the_end_of_the_body_ends_it_there() -> None:
    wire = Wire(room=1_000)
    dialogue = Dialogue(wire, 60.0)
    (answer,) = dialogue.say(BODY, 60.0)
    dialogue.data_received(b"552 5.3.4 too large\r\n")
    assert answer.result() == Reply(552, b"5.3.4 too large", early=True)
    assert (wire.aborted, wire.unsent) == (True, b"")


async def test_a_server_that_stops_reading_is_left_and_one_that_reads_slowly_is_not() -> None:
    loop = asyncio.get_running_loop()
    wire = Wire(room=1_000)
    dialogue = Dialogue(wire, 0.05)
    begun = loop.time()
    (answer,) = dialogue.say(BODY, 60.0)
    loop.call_later(0.04, wire.drain, 100)
    loop.call_later(0.08, wire.drain, 100)
    reply = await answer
    assert reply == Reply(0, b"the server takes no more of the body", early=True)
    assert loop.time() - begun > 0.13


async def test_a_server_that_reads_a_byte_now_and_then_is_left_when_the_dots_time_is_over() -> None:
    loop = asyncio.get_running_loop()
    wire = Wire(room=1_000)
    dialogue = Dialogue(wire, 0.05)
    (answer,) = dialogue.say(BODY, 0.2)
    for step in range(1, 40):
        loop.call_later(step * 0.02, wire.drain, 1)
    begun = loop.time()
    assert (await answer).early
    assert 0.15 < loop.time() - begun < 0.4
