"""Writing a letter to a file so that nobody ever reads half of it."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(file: Path, data: bytes) -> None:
    """Write, flush to disk, rename: the file is there whole or not at all. Raises OSError."""
    half = file.with_name(f".{file.name}.half")
    with half.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)
