"""The sections of the configuration file, and what each setting may be.

Every setting has its one comment in config.example.toml. Lists that the environment may give are in LISTS.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from composer.domain.sender import unfit_address, unfit_name
from composer.domain.sensitive import fit_mark
from composer.sections._section import Section as Section
from composer.sections.consent import Consent as Consent
from composer.sections.dns import Dns as Dns
from composer.sections.inbound import Hooks as Hooks
from composer.sections.inbound import Imap as Imap
from composer.sections.inbound import Inbound as Inbound
from composer.sections.manners import Manners as Manners
from composer.sections.manners import rules_of as rules_of
from composer.sections.retention import Retention as Retention
from composer.sections.signup import Signup as Signup
from composer.sections.tracking import Tracking as Tracking
from composer.sections.web import Desk as Desk
from composer.sections.web import Web as Web
from composer.spans import Durations, Rate, Span, off

LISTS = frozenset(
    {
        "web.trusted_proxies",
        "privacy.sensitive",
        "inbound.clients",
        "dns.servers",
        "dns.sends_from",
        "manners.providers",
        "delivery.relays",
        "signup.lists",
        "signup.refused_domains",
        "signup.embed",
        "tracking.networks",
    }
)
"""Settings that are lists: in the environment they are separated by commas."""


class Database(Section):
    url: str = "sqlite:///var/composer.db"


class LibrarySection(Section):
    modules: Path = Path("modules")
    templates: Path = Path("templates")
    cache: Annotated[Path | None, BeforeValidator(off)] = Path("var/cache")


class Smtp(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=25, ge=1, le=65535)
    start_tls: Literal["required", "implicit", "off"] = "required"
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(default=4, ge=1, le=100)
    reuse: int = Field(default=500, ge=1)
    idle: Span = timedelta(seconds=60)
    timeout: Span = timedelta(seconds=60)
    dot_timeout: Span = timedelta(seconds=600)


class Delivery(Section):
    transport: str = "smtp"
    relays: tuple[str, ...] = Field(default=("smtp",), min_length=1)
    failback: Span = timedelta(minutes=5)
    folder: Path = Path("var/letters")
    retry: Durations = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=8),
        timedelta(days=1),
    )
    lease: Span = timedelta(minutes=15)
    give_up: Annotated[Span | None, BeforeValidator(off)] = timedelta(days=4)
    pace: Rate = None
    breaker: Annotated[int | None, BeforeValidator(off)] = Field(default=20, ge=1)
    never_twice: bool = False


class Checks(Section):
    first: int = Field(default=25, ge=0)
    sample: float = Field(default=0.005, ge=0, le=1, allow_inf_nan=False)


class Sender(Section):
    address: str = "letters@example.com"
    name: str = "Example Company"
    postal_address: str = "Example Company, Example Street 1, 00100 Helsinki, Finland"
    privacy_url: str = "https://www.example.com/privacy"
    site: str = "https://www.example.com"
    reply_to: str = ""

    @field_validator("address", "reply_to")
    @classmethod
    def _bare(cls, address: str, info: ValidationInfo) -> str:
        if (address or info.field_name == "address") and not re.fullmatch(r"[^\s@<>(),:;\"\\\[\]]+@[\w.-]+", address):
            raise ValueError("is not a bare mail address such as letters@example.com")
        if not address.isascii():
            raise ValueError("has letters that headers cannot hold: write its domain in ASCII (xn--...)")
        if info.field_name == "address" and (unfit := unfit_address(address)):
            raise ValueError(unfit)
        return address

    @field_validator("name")
    @classmethod
    def _shown(cls, name: str) -> str:
        if unfit := unfit_name(name):
            raise ValueError(unfit)
        return name

    @field_validator("postal_address")
    @classmethod
    def _postal(cls, address: str) -> str:
        if not address.strip():
            raise ValueError("is empty: every letter carries it")
        return address

    @field_validator("privacy_url", "site")
    @classmethod
    def _web(cls, url: str) -> str:
        if not re.fullmatch(r"https://[^\s\"'<>]+", url):
            raise ValueError("is no web address such as https://www.example.com")
        return url


class Dkim(Section):
    domain: str = ""
    selector: str = "composer"
    key_file: str = ""
    ed25519_selector: str = "composer-ed25519"
    ed25519_key_file: str = ""

    @field_validator("domain", "selector", "ed25519_selector")
    @classmethod
    def _name(cls, name: str, info: ValidationInfo) -> str:
        if (name or info.field_name != "domain") and not re.fullmatch(r"(?!.{200})[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*", name):
            raise ValueError("is no name in DNS such as example.com or composer: letters, digits, hyphens and full stops")
        return name.lower()

    @field_validator("ed25519_key_file")
    @classmethod
    def _beside(cls, file: str, info: ValidationInfo) -> str:
        if file and not info.data.get("key_file"):
            raise ValueError("stands beside an RSA key, never alone: not every receiver knows Ed25519. Set dkim.key_file too")
        return file


class Defaults(Section):
    language: str = "en"
    time_zone: str = "UTC"
    quiet_from: int = Field(default=21, ge=0, le=23)
    quiet_until: int = Field(default=7, ge=0, le=23)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("is not an IANA time zone such as Europe/Helsinki")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Privacy(Section):
    sensitive: tuple[Annotated[str, BeforeValidator(fit_mark)], ...] = ()


class Clock(Section):
    plan: Span = timedelta(minutes=5)
    send: Span = timedelta(seconds=20)
    retrain: Span = timedelta(days=1)
    imap: Span = timedelta(minutes=1)
    tidy: Span = timedelta(hours=1)
