"""Calls of mail providers: read, attributed, and applied before they are answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from types import ModuleType

from sqlalchemy import Connection

from composer.app import App
from composer.discover import discover
from composer.domain.notice import Notice
from composer.domain.tokens import keyed_id
from composer.pipeline.inbound import apply
from composer.sources import webhooks
from composer.sources.webhooks import LONGEST_DELAY, Call, Told, Unsigned
from composer.store.concerned import concerned_by_message_id
from composer.store.engine import reading, writing
from composer.store.latest_letter import latest_letter
from composer.store.mails import keep
from composer.store.marks import claim_mark

ONCE = "hook:"
FORGOTTEN_AFTER = 2 * LONGEST_DELAY
"""A signature older than this is refused by its time: what it came with need not be remembered."""
EARLIER = timedelta(minutes=5)
"""How much a provider's clock may be behind ours."""


def providers() -> dict[str, ModuleType]:
    """Name -> file, of every provider that can be read."""
    return discover(webhooks)


def secret_of(app: App, provider: str) -> str:
    """The last part of a provider's URL: 128 bits that only the holder of the newest key can make: a new key makes new URLs."""
    return keyed_id(app.keys.newest_first[0], "webhook", provider)


def url_of(app: App, provider: str) -> str:
    return f"{app.settings.web.base_url}/hooks/{provider}/{secret_of(app, provider)}"


def take_call(app: App, provider: str, call: Call) -> int:
    """Apply what a provider's call says, and return how many of its notices concerned a letter of ours.

    Raises Unsigned and Malformed; nothing is changed then. The same call again changes nothing more.
    """
    told: Told = providers()[provider].read(call, app.settings.hooks)
    if told.once:
        _not_with_another_body(app, f"{ONCE}{provider}:{told.once}", call)
    with reading(app.engine) as db:
        notices = [_attributed(app, db, notice, call.now) for notice in told.notices]
    concerned = apply(app, notices, call.now) if notices else 0  # opens and clicks come by the thousand: no lock for them
    if told.strange:
        with writing(app.engine) as db:
            for subject, text in told.strange:
                mail_id = keyed_id(app.key, "kept", provider, subject, text)
                keep(db, app.key, mail_id=mail_id, kind="other", received_at=call.now, subject=subject, text=text)
    return concerned


def _not_with_another_body(app: App, name: str, call: Call) -> None:
    digest = sha256(call.body).hexdigest()
    with writing(app.engine) as db:
        if claim_mark(db, name, f"{call.now.isoformat()} {digest}").rpartition(" ")[2] != digest:
            raise Unsigned("its signature came with another body")


def _attributed(app: App, db: Connection, notice: Notice, now: datetime) -> Notice:
    """Name the letter of a notice by its Message-ID; where that is none of ours, by its address."""
    if notice.message_id and concerned_by_message_id(db, notice.message_id):
        return notice
    at = min(notice.at + EARLIER if notice.at else now, now)
    return replace(notice, letter=latest_letter(db, app.key, notice.address, at) if "@" in notice.address else None)
