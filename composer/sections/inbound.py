"""The sections about what comes back: the address for reports, the mailbox, the providers' calls."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from composer.domain.patience import Patience, patience
from composer.domain.sender import LONGEST_LOCAL, MAIL_TOKEN_LENGTH
from composer.sections._section import Section, host_and_port, is_loopback
from composer.spans import Span, off

LONGEST_RETURN_LOCAL = LONGEST_LOCAL - 1 - MAIL_TOKEN_LENGTH
"""What a return path's name may have before its + and token."""


class Inbound(Section):
    address: str = ""
    listen: Annotated[str | None, BeforeValidator(off)] = None
    protocol: Literal["lmtp", "smtp"] = "lmtp"
    clients: tuple[str, ...] = ()
    size_limit: int = Field(default=10_000_000, ge=100_000, le=100_000_000)
    connections: int = Field(default=20, ge=1, le=1000)
    timeout: Span = timedelta(seconds=60)
    keep: Span = timedelta(days=90)
    authserv: str = ""
    soft: Annotated[Patience | None, BeforeValidator(patience), BeforeValidator(off)] = Patience(5, timedelta(days=14))

    @field_validator("address")
    @classmethod
    def _taggable(cls, address: str) -> str:
        if not address:
            return address
        local, _, domain = address.rpartition("@")
        if not re.fullmatch(r"[A-Za-z0-9._-]+", local) or not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", domain):
            raise ValueError("is not a bare mail address such as bounces@example.com, without a + of its own")
        if len(local) > LONGEST_RETURN_LOCAL:
            raise ValueError(f"has {len(local)} characters before the @: {LONGEST_RETURN_LOCAL} leave room for the token")
        return address.lower()

    @field_validator("listen")
    @classmethod
    def _place(cls, listen: str | None) -> str | None:
        if listen is not None:
            host_and_port(listen)
        return listen

    @field_validator("listen")
    @classmethod
    def _for_somebody(cls, listen: str | None, info: ValidationInfo) -> str | None:
        if listen is not None and not info.data.get("address"):
            raise ValueError("needs inbound.address: mail for other addresses is not taken")
        return listen

    @field_validator("clients")
    @classmethod
    def _networks(cls, clients: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for client in clients:
            ip_network(client.strip(), strict=False)
        listen = info.data.get("listen")
        if listen and not clients and not is_loopback(host_and_port(listen)[0]):
            raise ValueError("must name who may deliver mail, such as 10.0.0.0/8, where inbound.listen is not on loopback")
        return clients

    @property
    def place(self) -> tuple[str, int]:
        """Host and port to listen on. Only where `listen` is set."""
        return host_and_port(self.listen or "")


class Imap(Section):
    host: str = ""
    port: int = Field(default=993, ge=1, le=65535)
    start_tls: Literal["required", "implicit", "off"] = "implicit"
    username: str = ""
    password: SecretStr = SecretStr("")
    folder: str = "INBOX"
    after: Literal["seen", "delete", "move"] = "seen"
    move_to: str = "Composer"
    timeout: Span = timedelta(seconds=30)

    @field_validator("start_tls")
    @classmethod
    def _hidden(cls, start_tls: str, info: ValidationInfo) -> str:
        if start_tls == "off" and (host := info.data.get("host")) and not is_loopback(host):
            raise ValueError("may be off on loopback only: the password would cross the network in clear")
        return start_tls

    @field_validator("folder", "move_to", "username")
    @classmethod
    def _word(cls, word: str, info: ValidationInfo) -> str:
        if not word.isprintable() or (not word and info.field_name != "username"):
            raise ValueError("is empty or has something invisible in it")
        if info.field_name != "username" and not word.isascii():
            raise ValueError("has letters that IMAP spells otherwise: write it in modified UTF-7, as the server lists it")
        return word

    @field_validator("move_to")
    @classmethod
    def _elsewhere(cls, move_to: str, info: ValidationInfo) -> str:
        if info.data.get("after") == "move" and move_to == info.data.get("folder"):
            raise ValueError("is imap.folder: every mail would be read again and again")
        return move_to


class Hooks(Section):
    ses_topic: str = ""
    mailgun_key: SecretStr = SecretStr("")
    sendgrid_key: str = ""

    @field_validator("ses_topic")
    @classmethod
    def _topic(cls, topic: str) -> str:
        if topic and not re.fullmatch(r"arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w.-]+", topic, re.ASCII):
            raise ValueError("is no topic such as arn:aws:sns:eu-north-1:123456789012:letters")
        return topic

    @field_validator("sendgrid_key")
    @classmethod
    def _key(cls, key: str) -> str:
        if key and not re.fullmatch(r"[A-Za-z0-9+/]{40,}={0,2}", key):
            raise ValueError("is not the verification key that SendGrid shows: Base64 on one line")
        return key
