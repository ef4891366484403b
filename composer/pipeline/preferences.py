"""Preferences: what recipients decide on their own pages, loaded, and saved in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from composer.domain.choices import Choices, Wish, own_rows, topics_after
from composer.domain.tokens import Subject
from composer.store.campaigns import campaign_of_letter, get_campaign_by_number
from composer.store.choices import choices_of, same_person, save_choices
from composer.store.consents import append
from composer.store.letters import record_unsubscribed


def load(db: Connection, subject: Subject) -> Choices | None:
    """Return the choices of the person a token speaks of; None where there is no such person or campaign (any more)."""
    return choices_of(db, subject.recipient) if get_campaign_by_number(db, subject.campaign) else None


def save(db: Connection, subject: Subject, wish: Wish, wording: str, now: datetime) -> Choices | None:
    """Grant the wish and return the choices as they now stand; None where there is no such person (any more)."""
    before = load(db, subject)
    if before is None:
        return None
    save_choices(db, before.recipient, wish.level, wish.daypart, topics_after(before, wish), now)
    _say(db, before, wish.consents, "preferences", wording, now)
    return load(db, subject)


def unsubscribe(db: Connection, subject: Subject, now: datetime) -> bool:
    """End the list that the letter's campaign speaks for. Repeating it writes nothing. False: nobody to unsubscribe.

    Letters already planned need no cancelling: the sender re-checks consent at the claim and before each DATA.
    """
    if not withdraw(db, subject, "unsubscribe", now):
        return False
    record_unsubscribed(db, subject, now)
    return True


def withdraw(db: Connection, subject: Subject, source: str, now: datetime) -> bool:
    """Withdraw consent to the list that the letter's campaign speaks for, as said by way of `source`; False: nobody to say it."""
    campaign = campaign_of_letter(db, subject.campaign, subject.scheduled)
    choices = choices_of(db, subject.recipient)
    if campaign is None or choices is None:
        return False
    _say(db, choices, {campaign.list: False}, source, "", now)
    return True


def _say(db: Connection, choices: Choices, consents: Mapping[str, bool], source: str, wording: str, now: datetime) -> None:
    """Append the person's word. A withdrawal holds for everyone behind the same address; a consent only for this one."""
    rows = own_rows(choices, consents, source, wording, now)
    append(db, [(choices.recipient, row) for row in rows], now)
    ended = {purpose: False for purpose, wanted in consents.items() if not wanted}
    for number in same_person(db, choices.recipient) if ended else []:
        other = choices_of(db, number)
        assert other is not None
        append(db, [(number, row) for row in own_rows(other, ended, source, wording, now)], now)
