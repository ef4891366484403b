"""Service letters: queued by the page that was asked, sent in the next round, answered at /confirm/{t}."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection

from composer.app import App
from composer.domain.service_letter import ASKING, Kind, ServiceLetter
from composer.domain.tokens import Purpose, Subject, keyed_id, make_token
from composer.pipeline.mail_bombs import client_key, mailbox_key
from composer.store.recipients import address_key
from composer.store.service_letters import add, find


def queue(
    db: Connection,
    app: App,
    kind: Kind,
    address: str,
    recipient: int | None,
    values: Mapping[str, str],
    now: datetime,
    language: str = "",
    client: str = "",
) -> int | None:
    """Queue a letter to `address`, due at once, in the caller's transaction; return its row number.

    `values` are the words' fields and whatever the step after its button needs; `language` is BCP 47; `client` is the asking
    machine's address where strangers may ask (pipeline.mail_bombs judges before whether they may). None where the same letter
    was queued in this very second.
    """
    theirs, second = address_key(app.key, address), str(int(now.timestamp()))
    asks = kind in ASKING
    return add(
        db,
        kind=kind,
        message_id=f"<{keyed_id(app.key, 'service-message-id', kind, theirs, second)}@{_domain(app)}>",
        recipient=recipient,
        address=address,
        address_key=theirs,
        language=language,
        values=values,
        asked_at=now,
        expires_at=now + app.settings.signup.link_holds if asks else None,
        mailbox_key=mailbox_key(app, address) if asks else "",
        client_key=client_key(app, client),
    )


def confirm_token(app: App, letter: ServiceLetter) -> str:
    """The token of a letter's button: the row, the minute, and 24 bits of the Message-ID. A row number that is used again opens nothing."""
    return make_token(app.keys, Purpose.confirm, _subject(letter))


def asked_by(db: Connection, subject: Subject, now: datetime) -> ServiceLetter | None:
    """Return the letter whose button a token is of; None where there is none (any more), or its time is over."""
    letter = find(db, subject.recipient)
    if letter is None or letter.kind not in ASKING or _subject(letter) != subject:
        return None
    return letter if letter.expires_at is None or now < letter.expires_at else None


def _subject(letter: ServiceLetter) -> Subject:
    code = int.from_bytes(blake2b(letter.message_id.encode(), digest_size=3).digest())
    return Subject(letter.number, code, letter.asked_at.replace(second=0, microsecond=0))


def _domain(app: App) -> str:
    return app.settings.sender.address.rpartition("@")[2]
