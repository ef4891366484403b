"""The section of the configuration that holds the manners towards providers, and the rules it comes to for each."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from composer.domain.manners import HISTORY, Growth, Rules
from composer.sections._section import Section
from composer.spans import Rate, Span, duration, off, rate


def _plan(value: object) -> object:
    if value is None or isinstance(value, tuple):
        return value
    words = [word.strip() for word in str(value).split(",")]
    if not all(word.isdigit() and int(word) for word in words) or len(words) > HISTORY - 1:
        raise ValueError('write the letters of each day, like "50,100,200,400"')
    return tuple(int(word) for word in words)


def _growth(value: object) -> object:
    if value is None or isinstance(value, Growth):
        return value
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3})?)/(\d{1,2})d", str(value).strip())
    if not match or float(match[1]) <= 1 or not 1 <= int(match[2]) < HISTORY:
        raise ValueError('write a growth like "2/30d" (at most twice the best of the last 30 days)')
    return Growth(float(match[1]), int(match[2]))


def _breaker(value: object) -> object:
    if value is None or isinstance(value, tuple):
        return value
    match = re.fullmatch(r"(\d{1,6})/(\S+)", str(value).strip())
    if not match or not int(match[1]) or not duration(match[2]):
        raise ValueError('write a breaker like "20/1m" (after 20 letters in trouble, nothing for a minute)')
    return int(match[1]), duration(match[2])


def _own(line: str) -> tuple[str, dict[str, Any]]:
    """Read "google.com 20/s 2 connections"."""
    match = re.fullmatch(r"([\w.-]+)(?:\s*=)?\s+(\S+?)(?:\s+(\d{1,3})\s+connections?)?", line.strip())
    if not match:
        raise ValueError('write a provider like "google.com 20/s" or "google.com 20/s 2 connections"')
    own: dict[str, Any] = {"pace": rate(match[2])}
    if match[3]:
        own["connections"] = max(1, int(match[3]))
    return match[1].lower(), own


def _owns(value: Any) -> Any:
    for line in value:
        _own(str(line))
    return value


class Manners(Section):
    """`[manners]`."""

    group: Literal["domain", "mx"] = "domain"
    pace: Rate = None
    connections: Annotated[int | None, BeforeValidator(off)] = Field(default=None, ge=1)
    providers: Annotated[tuple[str, ...], BeforeValidator(_owns)] = ()
    warm_up: Annotated[tuple[int, ...] | None, BeforeValidator(_plan), BeforeValidator(off)] = None
    growth: Annotated[Growth | None, BeforeValidator(_growth), BeforeValidator(off)] = None
    back_off: Annotated[Span | None, BeforeValidator(off)] = timedelta(minutes=10)
    breaker: Annotated[tuple[int, timedelta] | None, BeforeValidator(_breaker), BeforeValidator(off)] = (20, timedelta(minutes=1))


def rules_of(manners: Manners, retry: tuple[timedelta, ...] = (), breaks: bool = True) -> tuple[Rules, dict[str, Rules]]:
    """The rules for every provider, and those of providers that have a pace of their own.

    A rest never outlasts the first delay of `retry`: letters would be due again, and given up, while their provider is left in
    peace. `breaks` is false where delivery.breaker is off: then no breaker is on.
    """
    after, rest = (manners.breaker if breaks else None) or (None, timedelta(minutes=1))
    rest = min(rest, *retry[:1]) if retry else rest
    everyone = Rules(manners.pace, manners.connections, manners.warm_up, manners.growth, manners.back_off, after, rest)
    owns = dict(_own(line) for line in manners.providers)
    return everyone, {name: replace(everyone, **own) for name, own in owns.items()}
