"""What reading a library left behind, kept on disk by a hash of everything it depends on.

Nothing here is ever wrong to delete. An entry is one JSON file under its key, written whole or not at all, with a digest of
itself in its first line: what is damaged is read as missing.
"""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version as installed
from pathlib import Path
from threading import get_ident
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from composer.config import Settings

MOST = 64 * 1024 * 1024
"""Bytes of all entries together; one state of 47 modules takes some 8 MB."""
_SHAPED_BY = ("library/*.py", "render/*.py", "domain/content.py", "domain/survey.py", "domain/fragment.py", "config.py", "errors.py")
T = TypeVar("T")


class Cache:
    """A folder of entries; without a folder it keeps nothing. A folder that cannot be used slows down and breaks nothing."""

    def __init__(self, folder: Path | None, most: int = MOST) -> None:
        self._folder, self._most = folder, most

    def load(self, key: str, kind: TypeAdapter[T]) -> T | None:
        """Return the entry; None where there is none, or a damaged one."""
        if self._folder is None:
            return None
        file = self._folder / f"{key}.json"
        try:
            digest, _, content = file.read_bytes().partition(b"\n")
            if digest != sha256(content).hexdigest().encode():
                return None
            value = kind.validate_json(content)
            os.utime(file)  # what is used stays when the folder is trimmed
        except (OSError, ValidationError):
            return None
        return value

    def save(self, key: str, kind: TypeAdapter[T], value: T) -> None:
        """Write the entry; readers see it whole or not at all."""
        if self._folder is None:
            return
        content = kind.dump_json(value)
        draft = self._folder / f"{key}.{os.getpid()}.{get_ident()}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(sha256(content).hexdigest().encode() + b"\n" + content)
            draft.replace(self._folder / f"{key}.json")
        except OSError:
            with suppress(OSError):
                draft.unlink()

    def trim(self) -> None:
        """Delete the entries that were not used for longest, until the folder is within its bound."""
        if self._folder is None:
            return
        found = []
        for file in (*self._folder.glob("*.json"), *self._folder.glob("*.tmp")):
            with suppress(OSError):
                state = file.stat()
                found.append((state.st_mtime_ns, state.st_size, file))
        total = sum(size for _, size, _ in found)
        for _, size, file in sorted(found):
            if total <= self._most:
                return
            with suppress(OSError):
                file.unlink()
            total -= size


NOWHERE = Cache(None)
"""Keeps nothing."""


def open_cache(settings: Settings) -> Cache:
    """The cache that the setting library.cache names."""
    folder = settings.library.cache
    return Cache(None if folder is None else settings.path(folder))


def key_of(*parts: object) -> str:
    """Return the key of what depends on `parts` (anything JSON knows), on our code, and on the versions of what it uses."""
    return sha256(json.dumps([_ours(), *parts], ensure_ascii=True).encode()).hexdigest()


@cache
def _ours() -> str:
    root = Path(__file__).parents[1]
    digest = sha256(platform.python_version().encode())
    for name in ("mjml-python", "jinja2", "markupsafe"):
        digest.update(f"{name} {installed(name)}\n".encode())
    for pattern in _SHAPED_BY:
        for file in sorted(root.glob(pattern)):
            digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()
