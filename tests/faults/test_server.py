"""The fault server itself: it does what the domain says, as often as it says, and what it logs is what it was given."""

from __future__ import annotations

import asyncio
import json
import smtplib
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tests.faults.beside import beside
from tests.faults.installation import read_log
from tests.faults.server import TEXTS, Server, Terms

LETTER = b"Message-ID: <one@letters.example.com>\r\nSubject: Hello\r\n\r\nHello\r\n.dot\r\n"


def talk(port: int, recipient: str, *, data: bytes = LETTER, seconds: float = 5) -> str:
    """Hand one letter over with the standard library's client; the codes it met."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=seconds) as client:
            client.ehlo()
            codes = [client.mail("letters@example.com")[0], client.rcpt(recipient)[0]]
            if codes[-1] != 250:
                return " ".join(map(str, codes))
            try:
                return " ".join(map(str, [*codes, client.data(data)[0]]))
            except smtplib.SMTPDataError as error:
                return " ".join(map(str, [*codes, error.smtp_code]))
    except smtplib.SMTPServerDisconnected:
        return "disconnected"
    except smtplib.SMTPException as error:
        return type(error).__name__


async def met(server: Server, recipient: str) -> str:
    return await asyncio.to_thread(talk, server.port, recipient)


@pytest.mark.parametrize(
    ("domain", "answers", "taken"),
    [
        ("example.com", ["250 250 250"], 1),
        ("rcpt-450-x2.example.com", ["250 450", "250 450", "250 250 250"], 1),
        ("rcpt-550.example.com", ["250 550", "250 550"], 0),
        ("data-451-x1.example.com", ["250 250 451", "250 250 250"], 1),
        ("dot-554.example.com", ["250 250 554"], 0),
        ("rcpt-drop-x1.example.com", ["disconnected", "250 250 250"], 1),
        ("data-drop.example.com", ["disconnected"], 0),
        ("body-drop.example.com", ["disconnected"], 0),
        ("dot-drop-x1.example.com", ["disconnected", "250 250 250"], 2),
        ("dot-slow.example.com", ["250 250 250"], 1),
        ("dot-twice.example.com", ["SMTPResponseException"], 1),  # the second answer meets QUIT
    ],
)
async def test_the_domain_says_what_goes_wrong_and_how_often(domain: str, answers: list[str], taken: int) -> None:
    async with Server() as server:
        assert [await met(server, f"aino@{domain}") for _ in answers] == answers
        assert len(server.taken) == taken


@pytest.mark.parametrize(("stage", "taken"), [("rcpt", 0), ("data", 0), ("dot", 1)])
async def test_silence_lasts_until_the_other_side_leaves(stage: str, taken: int) -> None:
    async with Server() as server:
        assert await asyncio.to_thread(talk, server.port, f"aino@{stage}-silence.example.com", seconds=0.3) == "disconnected"
        assert server.silent.is_set()
        async with asyncio.timeout(5):
            while server.open:  # noqa: ASYNC110 - the connection's end has no event
                await asyncio.sleep(0.01)
        assert [letter.answered for letter in server.taken] == [False] * taken


@pytest.mark.parametrize("fault", ["garbage", "huge", "twice"])
async def test_answers_that_are_none_come_as_bytes(fault: str) -> None:
    async with Server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 20)
        writer.write(b"EHLO a\r\nMAIL FROM:<a@example.com>\r\n")
        while not (await reader.readline()).startswith(b"250 2.1.0"):
            pass
        writer.write(f"RCPT TO:<aino@rcpt-{fault}.example.com>\r\n".encode())
        answer = await reader.readline()
        if fault == "twice":
            assert answer == await reader.readline() == b"250 2.1.5 ok\r\n"
        elif fault == "huge":
            assert len(answer + await reader.read()) > 150_000
        else:
            assert answer.startswith(b"\x00\xff")
        writer.close()


async def test_one_letter_for_several_is_taken_for_those_that_were_not_refused() -> None:
    async with Server() as server:

        def hand_over() -> dict[str, tuple[int, bytes]]:
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                return client.sendmail("a@example.com", ["r1@example.com", "r2@rcpt-550.example.com", "r3@example.com"], LETTER)

        assert list(await asyncio.to_thread(hand_over)) == ["r2@rcpt-550.example.com"]
    assert [letter.recipient for letter in server.taken] == ["r1@example.com", "r3@example.com"]


async def test_busy_full_and_tired_servers_answer_421() -> None:
    async with Server(Terms(busy=1)) as server:
        assert [await met(server, "r1@example.com") for _ in range(2)] == ["SMTPConnectError", "250 250 250"]
    async with Server(Terms(most=1)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert (await reader.readline()).startswith(b"220 ")
        assert await met(server, "r1@example.com") == "SMTPConnectError"
        writer.close()
    async with Server(Terms(letters=1)) as server:

        def two() -> list[int]:
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.sendmail("a@example.com", "r1@example.com", LETTER)
                return [client.mail("a@example.com")[0]]

        assert await asyncio.to_thread(two) == [421]


async def test_commands_that_came_in_clear_are_told_apart() -> None:
    async with Server(Terms(certificate="self-signed", auth="535 5.7.8 no")) as server:

        def secure() -> None:
            import ssl

            trusting = ssl._create_unverified_context()
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.starttls(context=trusting)
                with pytest.raises(smtplib.SMTPAuthenticationError):
                    client.login("user", "secret")

        await asyncio.to_thread(secure)
    assert [word for word in server.said if word.startswith("(clear)")] == ["(clear) EHLO", "(clear) STARTTLS"]
    assert "AUTH" in server.said


def test_beside_us_it_logs_each_letter_with_its_bytes_and_times(tmp_path: Path) -> None:
    before = time.monotonic()
    with beside(tmp_path, delay=0.05) as server:
        assert talk(server.port, "aino@example.com") == "250 250 250"
        after = time.monotonic()
        (letter,) = server.taken()
        assert server.count() == 1
    assert (letter.recipient, letter.message_id, letter.answered) == ("aino@example.com", "<one@letters.example.com>", True)
    assert letter.digest == sha256(LETTER).hexdigest()
    assert before < letter.data_at < letter.dot_at <= letter.answered_at - 0.05 < after
    assert "rcpt" in json.loads((tmp_path / "server.log").read_text().splitlines()[0])


def test_a_log_without_letters_is_empty(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"rcpt": "aino@example.com", "at": 1.0}\n')
    assert read_log(tmp_path / "log") == []
    assert all(400 <= code < 600 for code in TEXTS)
