"""Backups: made and listed; those who were erased since are erased in them; and when their time is over they are deleted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from composer.app import App
from composer.errors import ComposerError, in_short
from composer.logs import log
from composer.store import backup as files
from composer.store.backups import Backup, erased_at, list_backups, note_backup, note_cleaned, strike_backup
from composer.store.engine import reading, writing


def make_backup(app: App, file: Path, now: datetime) -> datetime | None:
    """Write a backup and put it on the list; return when it will be deleted, None where never (retention.backups)."""
    now = now.replace(microsecond=0)  # the list keeps whole seconds, and a file is known by its time
    files.backup(app.engine, app.keys, file, now)
    with writing(app.engine) as db:
        note_backup(db, file, now)
    return None if app.settings.retention.backups is None else now + app.settings.retention.backups


def listed(app: App) -> list[Backup]:
    """The backups on the list, the oldest first."""
    with reading(app.engine) as db:
        return list(list_backups(db))


def clean_backups(app: App, now: datetime) -> int:
    """Erase in every listed backup who was erased since; return how many people. What cannot be cleaned now is told and tried again."""
    with reading(app.engine) as db:
        gone, backups = erased_at(db), list_backups(db)
    people = 0
    for backup in backups:
        since = {key: at for key, at in gone.items() if at >= backup.clean}
        if not since or not backup.file.exists():
            continue
        try:
            people += files.erase_in(backup.file, app.key, since)
        except ComposerError as error:
            log.warning("backup_not_cleaned", made_at=backup.made_at.isoformat(), error=in_short(error))
            continue
        with writing(app.engine) as db:
            note_cleaned(db, backup.file, now)
    return people


def delete_old_backups(app: App, now: datetime) -> int:
    """Delete listed backups whose time is over; return how many. Another file that lies there now is left alone.

    A file that is not there is struck off where its folder is: a disk that is away may come back.
    """
    keep, deleted = app.settings.retention.backups, 0
    for backup in listed(app):
        over = keep is not None and backup.made_at + keep <= now
        there = backup.file.exists()
        if (not there and backup.file.parent.exists()) or over:
            if there and files.made_at(backup.file) == backup.made_at.isoformat():
                backup.file.unlink()
                deleted += 1
            with writing(app.engine) as db:
                strike_backup(db, backup.file)
    return deleted
