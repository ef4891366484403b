"""Library versions that approved editions hang on: source files and pictures, kept for as long as a letter may need them."""

from __future__ import annotations

import json
import zlib
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlmodel import col

from composer.domain.sources import Sources, picture_file
from composer.errors import ComposerError
from composer.store.engine import among, insert_into
from composer.store.tables import LibraryVersionRow, PictureRow


def keep_sources(db: Connection, sources: Sources, now: datetime) -> None:
    """Store the files under their version, once, and the pictures that no version had before."""
    if db.execute(select(col(LibraryVersionRow.version)).where(col(LibraryVersionRow.version) == sources.version)).first():
        return
    pictures = {picture_file(name, data): data for name, data in sources.pictures.items()}
    if pictures:
        rows = [{"file": file, "content": data} for file, data in pictures.items()]
        db.execute(insert_into(db, PictureRow).on_conflict_do_nothing(), rows)
    packed = zlib.compress(json.dumps({"files": dict(sources.files), "pictures": sorted(pictures)}, sort_keys=True).encode(), 9)
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
    kept = json.loads(zlib.decompress(packed))
    rows = db.execute(select(col(PictureRow.file), col(PictureRow.content)).where(among(db, col(PictureRow.file), kept["pictures"]))).all()
    pictures = {f"{stem}.{ending}": content for file, content in rows for stem, _, ending in [file.split(".")]}
    return Sources(kept["files"], version, {}, pictures)


def load_picture(db: Connection, file: str) -> bytes | None:
    """Return a picture by the name it is served under; None where no approved edition had it."""
    return db.execute(select(col(PictureRow.content)).where(col(PictureRow.file) == file)).scalar()
