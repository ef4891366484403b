"""Whether an address may be sent a letter that asks for something: it protects people who are signed up by others.

A limit by client cannot defend the person who is mailed (a bot net has many clients), and one by address cannot defend the
sender's name (a bot has many addresses): there are both, judged in the transaction that queues the letter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import Connection

from composer.app import App
from composer.domain.address import mailbox_of, within_domains
from composer.domain.tokens import keyed_id
from composer.store.consents import ask_back, is_suppressed
from composer.store.recipients import address_key
from composer.store.service_letters import asked_since, caused_since, lock_asking

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Judgement(StrEnum):
    """What became of an asking. Whoever asked is told none of it: each would tell something about the address."""

    queued = "queued"
    again_too_soon = "again_too_soon"
    too_many_for_address = "too_many_for_address"
    too_many_by_client = "too_many_by_client"
    suppressed = "suppressed"


def mailbox_key(app: App, address: str) -> str:
    return keyed_id(app.key, "mailbox", mailbox_of(address))


def client_key(app: App, client: str) -> str:
    return keyed_id(app.key, "client", client) if client else ""


def may_be_asked(db: Connection, app: App, address: str, client: str, now: datetime) -> Judgement:
    """Judge, and hold the judgement until the caller's transaction ends; `queued` where the letter may be queued.

    An address that is never written to (it bounced, complained, was erased) may still sign up anew, and only its owner can
    confirm that: so the question is the one mail it gets, once in `signup.come_back`. Without it, erasure would lock people
    out for ever; with more, a stranger could make us write to somebody who asked us to be silent.
    """
    section = app.settings.signup
    lock_asking(db)
    count, last = asked_since(db, mailbox_key(app, address), now - DAY)
    if last is not None and last > now - section.again:
        return Judgement.again_too_soon
    if count >= section.a_day:
        return Judgement.too_many_for_address
    if section.per_client is not None and caused_since(db, client_key(app, client), now - HOUR) >= section.per_client:
        return Judgement.too_many_by_client
    theirs = address_key(app.key, address)
    if is_suppressed(db, [theirs]) and (section.come_back is None or not ask_back(db, theirs, now, now - section.come_back)):
        return Judgement.suppressed
    return Judgement.queued


def is_refused(app: App, address: str) -> bool:
    """Tell whether the setting keeps addresses at this domain out. It says nothing about the address, so the asker may know."""
    section = app.settings.signup
    listed = frozenset(section.refused_domains) | (_disposable() if section.disposable == "refuse" else frozenset())
    return within_domains(address, listed)


@lru_cache(1)
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # thousands of names, read once and only where somebody signs up

    return frozenset(blocklist)
