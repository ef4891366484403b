"""Signing up: asked for on a form, confirmed at the address itself, and only then written into the ledger (double opt-in)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.domain.event import SIGNED_UP
from composer.domain.service_letter import Kind, ServiceLetter
from composer.domain.signup import Proof, SignUp, confirmed_rows, dump_signup, load_signup
from composer.domain.tokens import keyed_id
from composer.logs import log
from composer.pipeline.mail_bombs import Judgement, may_be_asked
from composer.pipeline.service_letters import queue
from composer.store.choices import choices_of, save_choices
from composer.store.consents import append, lift
from composer.store.engine import writing
from composer.store.recipients import address_key, arrive, first_at, welcome
from composer.store.service_letters import answer
from composer.store.tally import count_in

COUNTED = "signup_"


def ask(app: App, wanted: SignUp, client: str, now: datetime) -> Judgement:
    """Queue the letter that asks the address's owner, where it may be asked.

    Whoever asks is answered the same whatever comes of it. Recipients are not looked at here, so nothing can be learnt about
    them; every outcome is one transaction with one flush to disk, so the time says nothing either.
    """
    with writing(app.engine) as db:
        outcome = may_be_asked(db, app, wanted.address, client, now)
        if outcome is Judgement.queued:
            queue(db, app, Kind.confirm, wanted.address, None, dump_signup(wanted), now, wanted.language, client)
        count_in(db, [COUNTED + outcome.value])
    log.info("signup_asked", outcome=outcome.value)
    return outcome


def signed_up_for(letter: ServiceLetter) -> SignUp:
    """What the letter's button confirms."""
    return load_signup(letter.address, letter.language, letter.values)


def confirm(db: Connection, app: App, letter: ServiceLetter, proof: Proof, now: datetime) -> int:
    """Make the sign-up true and return the recipient's row number. Pressed twice it is done once.

    The owner of the mailbox has spoken: suppressions of the address end, also those after a complaint or an erasure.
    """
    wanted = signed_up_for(letter)
    theirs = address_key(app.key, letter.address)
    number = first_at(db, theirs)
    if number is None:
        name = keyed_id(app.key, "signup", theirs, letter.message_id)[:12]  # never the same again: an erased person's is gone with them
        number = arrive(db, app.key, SIGNED_UP + name, letter.address, letter.language, now)
    if not answer(db, letter.number, number, now):
        return number
    lift(db, theirs, now)
    before = choices_of(db, number)
    assert before is not None
    append(db, [(number, row) for row in confirmed_rows(wanted, before, proof, now)], now)
    save_choices(db, number, wanted.level, before.daypart, sorted({*before.topics, *wanted.topics}), now)
    welcome(db, number, letter.language)
    count_in(db, [COUNTED + "confirmed"])
    return number
