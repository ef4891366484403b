"""A change of address: asked for on the preference page, told to both addresses, and done by the button in the mail to the new one.

Whoever has a link of a letter may ask: so nothing moves before the new address has confirmed, the old one hears of it at once and
again when it is done, and the page shows neither. The asker is told nothing that would tell who else we know.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from composer.app import App
from composer.domain.service_letter import Kind, ServiceLetter
from composer.domain.signup import Proof
from composer.domain.tokens import Subject
from composer.pipeline.mail_bombs import DAY, Judgement, may_be_asked
from composer.pipeline.preferences import load
from composer.pipeline.service_letters import queue
from composer.store.choices import same_person
from composer.store.consents import lift, suppress
from composer.store.moving import address_of, lives, set_address
from composer.store.recipients import address_key, normal_address
from composer.store.service_letters import answer, asked_for, end_asking

MOVED = "moved"
"""Why an address is never written to any more: its owner's letters have moved. An import that still has it revives nothing."""


class Asked(StrEnum):
    """What became of an asking, as far as the asker may know."""

    asked = "asked"
    same = "same"


def ask_to_move(db: Connection, app: App, subject: Subject, address: str, client: str, now: datetime) -> Asked | None:
    """Queue the mails to the new and the old address; None where there is no such person (any more).

    `address` is a fit one, `client` the asking machine's. Of several askings only the last counts. Nothing is queued, and the
    answer is the same, where the new address may not be asked (pipeline.mail_bombs), and where this person has asked as often
    today as one address may be: the old address would hear of each.
    """
    choices = load(db, subject)
    if choices is None:
        return None
    number, old = choices.recipient, address_of(db, choices.recipient)
    if normal_address(old) == normal_address(address):
        return Asked.same
    judged = may_be_asked(db, app, address, client, now)  # first: it takes the lock under which askings are counted
    if judged is not Judgement.queued or asked_for(db, number, Kind.change, now - DAY) >= app.settings.signup.a_day:
        return Asked.asked
    end_asking(db, number, Kind.change, now)
    queue(db, app, Kind.change, address, number, {}, now, choices.language, client)
    queue(db, app, Kind.changing, old, number, {}, now, choices.language)
    return Asked.asked


def move(db: Connection, app: App, letter: ServiceLetter, proof: Proof, now: datetime) -> bool:
    """Send a person's letters to the confirmed address from now on, and tell the old one. Pressed twice it is done once.

    Everyone behind the old address moves: it is one person, imported more than once, and a letter to the old address would be
    the next one's. The owner of the new mailbox has spoken, so suppressions of it end; the old one is never written to again.
    """
    number = letter.recipient
    if number is None or not lives(db, number) or not answer(db, letter.number, number, now):
        return False
    old, theirs = address_of(db, number), address_key(app.key, letter.address)
    if address_key(app.key, old) != theirs:
        for one in (number, *same_person(db, number)):
            set_address(db, one, letter.address, theirs)
        queue(db, app, Kind.changed, old, number, {}, now, letter.language)
        suppress(db, address_key(app.key, old), MOVED, now)
    lift(db, theirs, now)
    return True
