"""The list of backups: made, cleaned of those who were erased since, over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update
from sqlmodel import col

from composer.store.backup_row import BackupRow
from composer.store.engine import insert_into
from composer.store.privacy import ERASURE
from composer.store.tables import SuppressionRow


class Backup(NamedTuple):
    """A backup on the list; `clean` up to when."""

    file: Path
    made_at: datetime
    clean: datetime


def note_backup(db: Connection, file: Path, made_at: datetime) -> None:
    """Put a backup on the list, in place of an older one in the same file. It holds nobody who was erased before."""
    row = {"file": str(file.absolute()), "made_at": made_at, "cleaned_at": None}
    insert = insert_into(db, BackupRow).values(row)
    db.execute(insert.on_conflict_do_update(index_elements=["file"], set_={"made_at": made_at, "cleaned_at": None}))


def list_backups(db: Connection) -> Sequence[Backup]:
    """Every backup on the list, the oldest first."""
    rows = db.execute(select(col(BackupRow.file), col(BackupRow.made_at), col(BackupRow.cleaned_at)).order_by(col(BackupRow.made_at)))
    return [Backup(Path(file), made_at, cleaned_at or made_at) for file, made_at, cleaned_at in rows]


def note_cleaned(db: Connection, file: Path, now: datetime) -> None:
    db.execute(update(BackupRow).where(col(BackupRow.file) == str(file)).values(cleaned_at=now))


def strike_backup(db: Connection, file: Path) -> None:
    """Take a backup off the list: the file is gone, or another one."""
    db.execute(delete(BackupRow).where(col(BackupRow.file) == str(file)))


def erased_at(db: Connection) -> dict[str, datetime]:
    """Address key -> when whoever had it was erased last."""
    key, at = col(SuppressionRow.address_key), col(SuppressionRow.at)
    rows = db.execute(select(key, func.max(at)).where(col(SuppressionRow.reason) == ERASURE).group_by(key))
    return {str(one): when for one, when in rows}
