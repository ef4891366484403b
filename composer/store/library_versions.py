"""Library versions that approved editions hang on: the source files, kept for as long as a letter may need them."""

from __future__ import annotations

import json
import zlib
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlmodel import col

from composer.domain.sources import Sources
from composer.errors import ComposerError
from composer.store.tables import LibraryVersionRow


def keep_sources(db: Connection, sources: Sources, now: datetime) -> None:
    """Store the files under their version, once."""
    if db.execute(select(col(LibraryVersionRow.version)).where(col(LibraryVersionRow.version) == sources.version)).first():
        return
    packed = zlib.compress(json.dumps(dict(sources.files), sort_keys=True).encode(), 9)
    db.execute(insert(LibraryVersionRow).values(version=sources.version, sources=packed, stored_at=now))


def load_sources(db: Connection, version: str) -> Sources:
    """Return the files of a version; ComposerError where it was never kept."""
    packed = db.execute(select(col(LibraryVersionRow.sources)).where(col(LibraryVersionRow.version) == version)).scalar()
    if packed is None:
        raise ComposerError(
            f"library version {version} is not in the database",
            where="library",
            do="Restore the database from a backup that has it, or cancel the campaign.",
        )
    return Sources(json.loads(zlib.decompress(packed)), version)
