"""What every transport keeps to; a new file in composer/transports is tested by being there."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from composer import transports
from composer.config import Delivery, Settings, Smtp
from composer.discover import discover
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.errors import UsageError
from composer.transports import open_transport

FILES = discover(transports)
MESSAGE = Message(
    "<1@example.com>",
    "letters@example.com",
    "person@example.com",
    "Subject",
    b"Subject: Subject\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n",
)


def settings(name: str, folder: Path) -> Settings:
    # Port 1 of the loopback interface: nobody answers there.
    return Settings(delivery=Delivery(transport=name), smtp=Smtp(host="127.0.0.1", port=1, start_tls="off"), folder=folder)


@pytest.mark.parametrize("name", FILES)
def test_a_transport_opens_without_connecting(name: str, tmp_path: Path) -> None:
    assert list(inspect.signature(FILES[name].open_transport).parameters) == ["settings"]
    opened = open_transport(settings(name, tmp_path))
    assert opened.depth >= opened.connections >= 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FILES)
async def test_a_transport_answers_with_an_outcome_and_never_raises(name: str, tmp_path: Path) -> None:
    transport = open_transport(settings(name, tmp_path))
    try:
        outcome = await transport.send(MESSAGE, lambda: True)
    finally:
        await transport.close()
    assert isinstance(outcome, Outcome)
    assert MESSAGE.recipient not in outcome.text


@pytest.mark.parametrize("name", FILES)
async def test_a_letter_that_is_no_longer_wanted_is_never_accepted(name: str, tmp_path: Path) -> None:
    transport = open_transport(settings(name, tmp_path))
    try:
        outcome = await transport.send(MESSAGE, lambda: False)
    finally:
        await transport.close()
    assert outcome.verdict is not Verdict.accepted
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_an_unknown_transport_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no transport 'pigeon'"):
        open_transport(settings("pigeon", tmp_path))
