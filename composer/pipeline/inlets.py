"""The ways in, kept open by the clock: the listener that mail servers deliver to, and the mailbox that is read.

One that fails says so once in the log and always in its mark, which `composer check` shows, and is tried again; nothing
else stops for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from composer.app import App
from composer.errors import ComposerError
from composer.logs import log
from composer.pipeline.inbound import take_in
from composer.sources.mail import Take
from composer.sources.mail.listener import Listener
from composer.sources.mail.mailbox import MailboxTrouble, read_mailbox
from composer.store.engine import reading, writing
from composer.store.inlets import Inlet, find_inlet, note_inlet

LISTENER, IMAP = "listener", "imap"
PULSE_SECONDS = 20.0
"""How often the listener says that it listens, and is tried again where it does not."""
SILENT = timedelta(seconds=3 * PULSE_SECONDS)
LONGEST_WAIT = timedelta(minutes=30)
"""A mail server that refuses a password every minute soon locks the account: each failure doubles the wait, up to this."""


def taking(app: App, now: Callable[[], datetime]) -> Take:
    """What the ways in hand their mails to; it returns when what a mail says is committed."""

    def take(raw: bytes, recipient: str) -> None:
        take_in(app, raw, now(), recipient)

    return take


def read_imap(app: App, now: datetime, stopped: Callable[[], bool] = lambda: False) -> None:
    """Read the mailbox of `[imap]`, unless it failed a short while ago. What happened is noted.

    Raises ComposerError only where the database is away.
    """
    settings = app.settings
    with reading(app.engine) as db:
        last = find_inlet(db, IMAP)
    if last and last.failures and now < last.at + wait_after(last.failures, settings.clock.imap):
        return
    try:
        found = read_mailbox(settings.imap, settings.inbound.address, settings.inbound.size_limit, taking(app, lambda: now), stopped)
    except MailboxTrouble as error:
        if stopped():  # cut off by ourselves: no fault of the mailbox
            return
        failures = last.failures + 1 if last else 1
        _note(app, IMAP, Inlet(now, f"{error.where}: {error.what}", failures), last)
        return
    told = f"{found.taken} mails taken" + (f", {found.failed} could not be" if found.failed else "")
    if found.taken or found.failed:
        log.info("mailbox_read", taken=found.taken, failed=found.failed)
    _note(app, IMAP, Inlet(now, told=told), last)


def wait_after(failures: int, every: timedelta) -> timedelta:
    """How long a mailbox is left alone after so many failures in a row."""
    return min(every * (1 << min(failures, 10)), max(every, LONGEST_WAIT))


async def listen(app: App, now: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Keep the listener of `[inbound]` open until `stop`; where its place is taken, try again."""
    listener = None
    try:
        while not stop.is_set():
            last, error = await asyncio.to_thread(_last, app), ""
            if listener is None:
                candidate = Listener(app.settings.inbound, taking(app, now))
                try:
                    await candidate.start()
                    listener = candidate
                    log.info("listening_for_mail", port=listener.port, protocol=app.settings.inbound.protocol)
                except ComposerError as trouble:
                    error = f"{trouble.where}: {trouble.what}"
            # Another process of ours may have the place: as long as it says that it listens, all is well.
            if not error or last is None or last.error or now() - last.at > SILENT:
                failures = (last.failures if last else 0) + 1 if error else 0
                await asyncio.to_thread(_note, app, LISTENER, Inlet(now(), error, failures), last)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PULSE_SECONDS)
    finally:
        if listener is not None:
            await listener.stop()


def _last(app: App) -> Inlet | None:
    with reading(app.engine) as db:
        return find_inlet(db, LISTENER)


def _note(app: App, name: str, inlet: Inlet, last: Inlet | None) -> None:
    if inlet.error != (last.error if last else ""):
        if inlet.error:
            log.error("way_in_failed", way=name, error=inlet.error)
        else:
            log.info("way_in_works_again", way=name)
    with writing(app.engine) as db:
        note_inlet(db, name, inlet)
