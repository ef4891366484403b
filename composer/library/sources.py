"""The library's source files, read as they stand on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version as installed
from pathlib import Path

from composer.domain.sources import Sources
from composer.errors import UsageError

LARGEST = 512 * 1024
"""Bytes in one source file. MRML renders 10 MB without complaint; readers' programs do not."""


def make_sources(files: Mapping[str, str], unreadable: Mapping[str, str] | None = None) -> Sources:
    """Return sources from texts in memory, with their version."""
    unreadable = unreadable or {}
    content = json.dumps([sorted(files.items()), sorted(unreadable.items()), installed("mjml-python")], ensure_ascii=True)
    return Sources(dict(files), sha256(content.encode()).hexdigest()[:16], dict(unreadable))


def read_sources(modules: Path, templates: Path) -> Sources:
    """Read modules/**/*.mjml and templates/newsletter/*.mjml; UsageError where a folder is missing.

    A file that is not UTF-8, larger than 512 kB, or a link out of its folder is kept as unreadable, never raised.
    """
    files: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    layouts = templates / "newsletter"
    for folder, prefix, setting in ((modules, "modules", "library.modules"), (layouts, "templates/newsletter", "library.templates")):
        if not folder.is_dir():
            raise UsageError(f"no folder '{folder}'", where=setting, do=f"Make the folder, or point {setting} in the configuration to it.")
        for name, path in _mjml_files(folder):
            text = _read(path, folder)
            if isinstance(text, str):
                files[f"{prefix}/{name}"] = text
            else:
                unreadable[f"{prefix}/{name}"] = text.why
    return make_sources(files, unreadable)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    why: str


def _mjml_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.mjml")):
        if path.is_file() or path.is_symlink():
            yield path.relative_to(folder).as_posix(), path


def _read(path: Path, folder: Path) -> str | _Unreadable:
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return _Unreadable("is a link that leads out of its folder: put the file itself here")
        if path.stat().st_size > LARGEST:
            return _Unreadable(f"is larger than {LARGEST // 1024} kB: split it")
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return _Unreadable(f"is not UTF-8 at byte {error.start}: save it as UTF-8")
    except OSError as error:
        return _Unreadable(f"cannot be read: {error.strerror}")
