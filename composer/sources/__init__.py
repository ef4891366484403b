"""Sources: files that data comes in by. One format a file, found by file name.

Adding a source: a file here with `SUFFIXES`, the endings it answers to, and
`read(file: Path, progress: Progress) -> Records` (see _records.py). It raises Damaged for a file that must be
refused whole; a bad row it hands on with the reason, so that the good rows go in.
"""

from __future__ import annotations

from pathlib import Path

import composer.sources as sources
from composer.discover import discover
from composer.errors import UsageError
from composer.sources._columns import KINDS, Reader
from composer.sources._mapping import Renaming, read_mapping
from composer.sources._records import Damaged, Progress, Records

__all__ = ["KINDS", "Damaged", "Progress", "Reader", "Records", "Renaming", "open_source", "read_mapping"]


def open_source(file: Path, progress: Progress) -> Records:
    """Open `file` with the source that answers to its ending. UsageError where none does."""
    found = discover(sources)
    for source in found.values():
        if file.name.lower().endswith(source.SUFFIXES):
            records: Records = source.read(file, progress)
            return records
    endings = sorted(suffix for source in found.values() for suffix in source.SUFFIXES)
    raise UsageError("unknown kind of file", where=str(file), do=f"Name a file that ends in {', '.join(endings)}.")
