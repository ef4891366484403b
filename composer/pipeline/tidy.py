"""Tidying up: what is kept for a time only is deleted when the time is over, and what erasure left to do is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

from sqlalchemy import Connection

from composer.app import App
from composer.pipeline.backups import clean_backups, delete_old_backups, listed
from composer.pipeline.hooks import FORGOTTEN_AFTER, ONCE
from composer.pipeline.mail_bombs import DAY
from composer.store.backup import UNFINISHED
from composer.store.backups import erased_at
from composer.store.consents import is_suppressed
from composer.store.engine import reading, sqlite_file, writing
from composer.store.mails import delete_mails_before
from composer.store.marks import delete_marks_before
from composer.store.recipients import address_key
from composer.store.retention import blank_letters, delete_service_letters, delete_tombstones, drop_proof, roll_up_events
from composer.store.scrub import scrub_all, scrub_due
from composer.store.service_letters import forget_clients
from composer.transports.folder import forget_letters

ABANDONED = timedelta(days=1)
"""A half-made backup is older than any that is still being made."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a round deleted: rows of each kind, files, and people in backups."""

    mails: int = 0
    events: int = 0
    letters: int = 0
    proofs: int = 0
    signups: int = 0
    tombstones: int = 0
    backups: int = 0
    in_backups: int = 0


def tidy(app: App, now: datetime) -> Tidied:
    """One round: everything past its time in [retention] and inbound.keep; then traces of people who were erased."""
    keep = app.settings.retention
    with writing(app.engine) as db:
        delete_marks_before(db, ONCE, now - FORGOTTEN_AFTER)
        forget_clients(db, now - DAY)
        mails = delete_mails_before(db, now - app.settings.inbound.keep)
    done = Tidied(
        mails=mails,
        events=_paged(app, roll_up_events, keep.events, now),
        letters=_paged(app, blank_letters, keep.letters, now),
        proofs=_proofs(app, keep.consents, now),
        signups=_paged(app, delete_service_letters, keep.signups, now, once=True),
        tombstones=_paged(app, delete_tombstones, keep.tombstones, now),
        backups=delete_old_backups(app, now),
        in_backups=clean_backups(app, now),
    )
    _delete_unfinished(app, now)
    _delete_late_letters(app, now)
    with reading(app.engine) as db:
        due = scrub_due(app.engine, db, now)
    if due:
        scrub_all(app.engine)
    return done


def _paged(app: App, step: Callable[[Connection, datetime], int], keep: timedelta | None, now: datetime, *, once: bool = False) -> int:
    """Do a step until nothing is left, each time in a transaction of its own."""
    total = 0
    while keep is not None:
        with writing(app.engine, spares=True) as db:
            touched = step(db, now - keep)
        total += touched
        if once or not touched:
            break
    return total


def _proofs(app: App, keep: timedelta | None, now: datetime) -> int:
    total, after = 0, 0
    while keep is not None:
        with writing(app.engine, spares=True) as db:
            touched, after = drop_proof(db, now - keep, after)
        total += touched
        if not after:
            break
    return total


def _delete_unfinished(app: App, now: datetime) -> None:
    """Delete what killed backups and restores left: whole copies of everybody, in folders that nobody would look into."""
    if app.engine.dialect.name != "sqlite":
        return
    places = {sqlite_file(app.engine).absolute().parent, *(backup.file.parent for backup in listed(app))}
    for folder in [folder for place in sorted(places) for folder in place.glob(f"{UNFINISHED}*") if folder.is_dir()]:
        if _age(folder, now) > ABANDONED:
            rmtree(folder, ignore_errors=True)


def _delete_late_letters(app: App, now: datetime) -> None:
    """Delete letters that were being written to the delivery folder in the moment in which their person was erased."""
    folder = app.settings.path(app.settings.delivery.folder)
    with reading(app.engine) as db:
        lately = [key for key, at in erased_at(db).items() if at >= now - ABANDONED] if folder.is_dir() else []
        gone = is_suppressed(db, lately)  # who came back since gets letters again
    if gone:
        forget_letters(folder, lambda address: address_key(app.key, address) in gone)


def _age(folder: Path, now: datetime) -> timedelta:
    try:
        return now - datetime.fromtimestamp(folder.stat().st_mtime, now.tzinfo)
    except OSError:
        return timedelta()
