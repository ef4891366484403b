"""The file of secret keys beside the database: mode 600, replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
import tempfile
from datetime import datetime
from pathlib import Path

from composer.domain.keys import SIZE, Keys, read_keys, write_keys
from composer.errors import UsageError


def make_keys(file: Path) -> Keys:
    """Write a fresh ring and return it; what exists is kept."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return load_keys(file)
    with os.fdopen(handle, "w") as out:
        out.write(write_keys(Keys(secrets.token_bytes(SIZE))))
    return load_keys(file)


def load_keys(file: Path) -> Keys:
    """Read the ring; UsageError where it is missing or damaged."""
    try:
        return read_keys(file.read_text())
    except FileNotFoundError:
        raise UsageError("no secret key", where=str(file), do="Run 'composer init' once; restore the key if there was one.") from None
    except ValueError as error:
        raise UsageError(
            str(error), where=str(file), do="Restore the key from a backup; with a new one every link in sent letters is dead."
        ) from None


def rotate_keys(file: Path, since: datetime) -> Keys:
    """Add a token key to the ring, in force for editions from the minute after `since`. The old ones stay, to read old links with."""
    return save_keys(file, load_keys(file).rotated(secrets.token_bytes(SIZE), since))


def save_keys(file: Path, keys: Keys) -> Keys:
    """Put a ring in the file's place. Whoever reads meanwhile reads the old one or the new one, never a part."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # made with mode 600
    try:
        with os.fdopen(handle, "w") as out:
            out.write(write_keys(keys))
            out.flush()
            os.fsync(out.fileno())
        Path(fresh).replace(file)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
    return keys
