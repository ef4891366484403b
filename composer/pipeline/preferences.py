"""Preferences: what recipients decide on their own pages, loaded, and saved in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection

from composer.domain.choices import REASONS, Choices, Wish, own_rows, topics_after
from composer.domain.clock import find_zone
from composer.domain.level import Level
from composer.domain.tokens import Subject
from composer.store.campaigns import campaign_of_letter, get_campaign_by_number
from composer.store.choices import choices_of, same_person, save_choices, save_frequency, save_language, save_pause
from composer.store.consents import append
from composer.store.letters import note_reason, record_unsubscribed
from composer.store.rights import set_level


def load(db: Connection, subject: Subject) -> Choices | None:
    """Return the choices of the person a token speaks of; None where there is no such person or campaign (any more)."""
    return choices_of(db, subject.recipient) if get_campaign_by_number(db, subject.campaign) else None


def save(db: Connection, subject: Subject, wish: Wish, wording: str, now: datetime, client: str = "") -> Choices | None:
    """Grant the wish and return the choices as they now stand; None where there is no such person (any more)."""
    before = load(db, subject)
    if before is None:
        return None
    level = before.level if wish.level is None else wish.level
    daypart = before.daypart if wish.daypart is None else wish.daypart
    save_choices(db, before.recipient, level, daypart, topics_after(before, wish), now)
    _lower_level(db, before.recipient, level, now)
    if wish.frequency is not None:
        save_frequency(db, before.recipient, wish.frequency)
    if wish.pause is not None:
        save_pause(db, before.recipient, now + wish.pause if wish.pause else None)
    if wish.language is not None:
        save_language(db, before.recipient, wish.language)
    _say(db, before, wish.consents, "preferences", wording, now, client)
    return load(db, subject)


def _lower_level(db: Connection, recipient: int, level: Level, now: datetime) -> None:
    """A lower level holds for everyone behind the same address, as a withdrawal does; a higher one only for whoever chose it."""
    for number in same_person(db, recipient):
        other = choices_of(db, number)
        if other is not None and other.level > level:
            set_level(db, number, level, now)


def unsubscribe(db: Connection, subject: Subject, now: datetime, wording: str = "", client: str = "") -> bool:
    """End the list that the letter's campaign speaks for; tell whether anything was written: repeating it writes nothing.

    Letters already planned need no cancelling: the sender re-checks consent at the claim and before each DATA.
    """
    ended = withdraw(db, subject, "unsubscribe", now, wording, client)
    return record_unsubscribed(db, subject, now) or bool(ended) if ended is not None else False


def tell_why(db: Connection, subject: Subject, reason: str) -> bool:
    """Note why they left, with the letter that made them; the last word counts. False: nothing changed, for they have not left by it."""
    return reason in REASONS and note_reason(db, subject, reason)


def ask_for_fewer(db: Connection, subject: Subject, frequency: str) -> bool:
    """Keep letters apart as asked for (FREQUENCIES; empty: no wish any more); tell whether anything was written."""
    choices = load(db, subject)
    if choices is None or choices.frequency == frequency:
        return False
    save_frequency(db, choices.recipient, frequency)
    return True


def pause(db: Connection, subject: Subject, until: date | None, default_zone: str) -> bool:
    """Let no letter leave before that day begins on the person's own clock (None: the pause is over); tell whether anything was written."""
    choices = load(db, subject)
    if choices is None:
        return False
    clock = find_zone(choices.time_zone or default_zone)
    ends = None if until is None else datetime.combine(until, time(), clock).astimezone(UTC)
    if choices.paused_until == ends:
        return False
    save_pause(db, choices.recipient, ends)
    return True


def withdraw(db: Connection, subject: Subject, source: str, now: datetime, wording: str = "", client: str = "") -> int | None:
    """Withdraw consent to the list that the letter's campaign speaks for, as said by way of `source`.

    Return how many lines the ledger got; None: nobody to say it.
    """
    campaign = campaign_of_letter(db, subject.campaign, subject.scheduled)
    choices = choices_of(db, subject.recipient)
    if campaign is None or choices is None:
        return None
    return _say(db, choices, {campaign.list: False}, source, wording, now, client)


def _say(db: Connection, choices: Choices, consents: Mapping[str, bool], source: str, wording: str, now: datetime, client: str = "") -> int:
    """Append the person's word. A withdrawal holds for everyone behind the same address; a consent only for this one."""
    rows = [(choices.recipient, row) for row in own_rows(choices, consents, source, wording, now)]
    ended = {purpose: False for purpose, wanted in consents.items() if not wanted}
    for number in same_person(db, choices.recipient) if ended else []:
        other = choices_of(db, number)
        assert other is not None
        rows += [(number, row) for row in own_rows(other, ended, source, wording, now)]
    return append(db, [(number, replace(row, client=client)) for number, row in rows], now)
