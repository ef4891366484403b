"""Rights: what a person may demand about their own data, done in one transaction each (GDPR articles 15, 18, 20 and 21).

Erasure (article 17) is pipeline.forgetting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from composer.domain.choices import own_rows
from composer.domain.consent import OBJECTION, PROFILING
from composer.domain.level import Level
from composer.domain.tokens import Subject
from composer.store.campaigns import get_campaign_by_number
from composer.store.choices import choices_of
from composer.store.consents import append, suppress
from composer.store.privacy import export, same_address
from composer.store.recipients import key_of
from composer.store.rights import objects_to_letters, restrict, restricted_since, set_level


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody has demanded so far."""

    recipient: int
    language: str
    no_letters: bool
    no_profiling: bool
    restricted_at: datetime | None


def standing(db: Connection, subject: Subject) -> Standing | None:
    """Return how the person a token speaks of stands; None where there is no such person or campaign (any more)."""
    choices = choices_of(db, subject.recipient) if get_campaign_by_number(db, subject.campaign) else None
    if choices is None:
        return None
    return Standing(
        recipient=subject.recipient,
        language=choices.language,
        no_letters=objects_to_letters(db, key_of(db, subject.recipient)),
        no_profiling=choices.level is Level.none and PROFILING not in choices.granted,
        restricted_at=restricted_since(db, subject.recipient),
    )


def everything(db: Connection, number: int) -> dict[str, Any]:
    """Everything held about a recipient, and about others with the same address under `same_address`. One document (article 20)."""
    return joined([export(db, one) for one in same_address(db, number)])


def joined(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The first document, with those of others at the same address inside."""
    first, *others = documents
    return {**first, "same_address": others} if others else first


def object_to_letters(db: Connection, number: int, wording: str, client: str, now: datetime) -> None:
    """No advertising letter of any list any more (article 21(2) and (3)), lists that are yet to come included.

    Every list in the ledger is withdrawn, and the address is suppressed until the person asks for letters again themselves.
    """
    for one in same_address(db, number):
        choices = choices_of(db, one)
        assert choices is not None
        _say(db, one, dict.fromkeys(choices.lists, False), wording, client, now)
    suppress(db, key_of(db, number), OBJECTION, now)


def object_to_profiling(db: Connection, number: int, wording: str, client: str, now: datetime) -> None:
    """Letters go on, and nothing about the person is used to choose what stands in them: level none, without consent to profiling."""
    for one in same_address(db, number):
        _say(db, one, {PROFILING: False}, wording, client, now)
        set_level(db, one, Level.none, now)


def set_restriction(db: Connection, number: int, on: bool, now: datetime) -> None:
    """Keep everything and use nothing (article 18), or use it again. Repeating it changes nothing."""
    for one in same_address(db, number):
        restrict(db, one, now if on else None)


def _say(db: Connection, number: int, consents: Mapping[str, bool], wording: str, client: str, now: datetime) -> None:
    choices = choices_of(db, number)
    assert choices is not None
    rows = own_rows(choices, consents, OBJECTION, wording, now)
    append(db, [(number, replace(row, client=client)) for row in rows], now)
