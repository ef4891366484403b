"""The columns of each kind of import, and how the text of a cell becomes a value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

from composer.domain.address import fit_address
from composer.domain.consent import Basis, State, is_purpose
from composer.domain.event import OWN_ID
from composer.domain.level import Level

LONGEST = 500
"""Characters of the longest value that is no name."""
LONGEST_NAME = 10_000
"""People are not refused for what they are called."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

Reader = Callable[[str, tzinfo], Any]
"""Text without outer blanks, and the zone of times that name none -> the value; ValueError says what is wrong."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column we know. `field` is its name in the store."""

    name: str
    read: Reader
    required: bool = False
    field: str = ""

    @property
    def into(self) -> str:
        return self.field or self.name


def shown(text: str) -> str:
    """The text for a message: short, and never an address."""
    return "(hidden)" if "@" in text else f"'{text[:40]}'"


def identity(text: str, zone: tzinfo) -> str:
    if text.startswith(OWN_ID):
        raise ValueError(f"begins with {OWN_ID}, which is kept for Composer's own")
    return words(text, zone)


def words(text: str, _zone: tzinfo) -> str:
    return _checked(text, LONGEST)


def name(text: str, _zone: tzinfo) -> str:
    return _checked(text, LONGEST_NAME)


def _checked(text: str, longest: int) -> str:
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    if _CONTROL.search(text):
        raise ValueError("holds a control character")
    return text


def address(text: str, _zone: tzinfo) -> str:
    return fit_address(text)


def time(text: str, zone: tzinfo) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is not an ISO 8601 time: {shown(text)}") from None
    if not 1900 <= value.year < 2200:
        raise ValueError(f"is not between the years 1900 and 2199: {shown(text)}")
    return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(UTC)


def number(text: str, _zone: tzinfo) -> float:
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"is not a number: {shown(text)}")
    return value


def truth(text: str, _zone: tzinfo) -> bool:
    value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower())
    if value is None:
        raise ValueError(f"is neither true nor false: {shown(text)}")
    return value


def language(text: str, _zone: tzinfo) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"is not a language such as en or pt-BR: {shown(text)}")
    first, *rest = text.replace("_", "-").lower().split("-")
    cased = {2: str.upper, 4: str.title}  # RFC 5646 2.1.1: regions and scripts
    return "-".join([first, *(cased.get(len(part), str)(part) for part in rest)])


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def time_zone(text: str, _zone: tzinfo) -> str:
    if text not in _zones():
        raise ValueError(f"is not an IANA time zone such as Europe/Helsinki: {shown(text)}")
    return text


@cache
def _countries() -> frozenset[str]:
    lines = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def country(text: str, _zone: tzinfo) -> str:
    if text.upper() not in _countries():
        raise ValueError(f"is not a two-letter country code: {shown(text)}")
    return text.upper()


def purpose(text: str, _zone: tzinfo) -> str:
    if not is_purpose(text):
        raise ValueError(f"is none of letters, profiling, opens, clicks, topic:NAME: {shown(text)}")
    return words(text, _zone)


def one_of(known: Mapping[str, Any]) -> Reader:
    """A reader for one of a few words."""

    def read(text: str, _zone: tzinfo) -> str:
        if text not in known:
            raise ValueError(f"is none of {', '.join(known)}: {shown(text)}")
        return text

    return read


KINDS: Mapping[str, tuple[Column, ...]] = {
    "recipients": (
        Column("recipient_id", identity, required=True),
        Column("email", address, required=True, field="address"),
        Column("first_name", name),
        Column("last_name", name),
        Column("language", language),
        Column("time_zone", time_zone),
        Column("country", country),
        Column("region", words),
        Column("company", name),
        Column("role", words),
        Column("stage", words),
        Column("level", one_of(Level.__members__)),
        Column("created_at", time),
    ),
    "consents": (
        Column("recipient_id", identity, required=True),
        Column("purpose", purpose, required=True),
        Column("state", one_of(State.__members__), required=True),
        Column("basis", one_of(Basis.__members__)),
        Column("wording", words),
        Column("proof", words),
        Column("note", words),
        Column("source", words),
        Column("at", time),
    ),
    "products": (
        Column("product_id", words, required=True),
        Column("name", words, required=True),
        Column("category", words),
        Column("brand", words),
        Column("price", number),
        Column("currency", words),
        Column("in_stock", truth),
        Column("valid_from", time),
        Column("valid_until", time),
    ),
    "orders": (
        Column("order_id", words, required=True),
        Column("recipient_id", identity, required=True),
        Column("ordered_at", time, required=True),
        Column("product_id", words, required=True),
        Column("quantity", number),
        Column("amount", number),
        Column("discount", number),
        Column("currency", words),
    ),
    "events": (
        Column("event_id", identity, required=True),
        Column("recipient_id", identity, required=True),
        Column("kind", words, required=True),
        Column("occurred_at", time, required=True),
        Column("product_id", words),
        Column("module", words),
        Column("value", words),
    ),
}
