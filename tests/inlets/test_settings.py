"""Settings of the ways in that cannot be meant are refused by their name, before anything is opened."""

from __future__ import annotations

import pytest

from composer.config import load
from composer.errors import UsageError

OPEN = {"COMPOSER_INBOUND__ADDRESS": "bounces@example.com", "COMPOSER_INBOUND__LISTEN": "127.0.0.1:8024"}
READ = {"COMPOSER_IMAP__HOST": "imap.example.com"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"COMPOSER_INBOUND__LISTEN": "127.0.0.1:8024"}, "inbound.listen: needs inbound.address"),
        ({**OPEN, "COMPOSER_INBOUND__LISTEN": "8024"}, "inbound.listen: is no host and port"),
        ({**OPEN, "COMPOSER_INBOUND__LISTEN": "127.0.0.1:99999"}, "inbound.listen: is no host and port"),
        ({**OPEN, "COMPOSER_INBOUND__LISTEN": "0.0.0.0:8024"}, "inbound.clients: must name who may deliver mail"),
        ({**OPEN, "COMPOSER_INBOUND__LISTEN": "[::]:8024"}, "inbound.clients: must name who may deliver mail"),
        ({**OPEN, "COMPOSER_INBOUND__LISTEN": "mail.example.com:8024"}, "inbound.clients: must name who may deliver mail"),
        ({**OPEN, "COMPOSER_INBOUND__CLIENTS": "10.0.0.0/8,everybody"}, "inbound.clients: 'everybody' does not appear to be"),
        ({**OPEN, "COMPOSER_INBOUND__SIZE_LIMIT": "10"}, "inbound.size_limit: "),
        ({**OPEN, "COMPOSER_INBOUND__PROTOCOL": "imap"}, "inbound.protocol: "),
        ({**READ, "COMPOSER_IMAP__START_TLS": "off"}, "imap.start_tls: may be off on loopback only"),
        ({**READ, "COMPOSER_IMAP__AFTER": "move", "COMPOSER_IMAP__MOVE_TO": "INBOX"}, "imap.move_to: is imap.folder"),
        ({**READ, "COMPOSER_IMAP__FOLDER": ""}, "imap.folder: is empty"),
        ({**READ, "COMPOSER_IMAP__FOLDER": "Tilaukset ä"}, "imap.folder: has letters that IMAP spells otherwise"),
        ({**READ, "COMPOSER_IMAP__USERNAME": "x\r\nA1 DELETE INBOX"}, "imap.username: is empty or has something invisible"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(given: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError) as refusal:
        load(None, environ=given)
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    "given",
    [
        OPEN,
        {**OPEN, "COMPOSER_INBOUND__LISTEN": "[::1]:8024"},
        {**OPEN, "COMPOSER_INBOUND__LISTEN": "localhost:8024"},
        {**OPEN, "COMPOSER_INBOUND__LISTEN": "0.0.0.0:8024", "COMPOSER_INBOUND__CLIENTS": "10.0.0.0/8, 192.0.2.7"},
        {**OPEN, "COMPOSER_INBOUND__LISTEN": "off"},
        {"COMPOSER_IMAP__HOST": "::1", "COMPOSER_IMAP__START_TLS": "off"},
        {**READ, "COMPOSER_IMAP__AFTER": "move", "COMPOSER_IMAP__FOLDER": "Bounces"},
    ],
)
def test_what_can_be_meant_is_taken(given: dict[str, str]) -> None:
    load(None, environ=given)
