"""The library's source files and pictures, read as they stand on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version as installed
from pathlib import Path

from composer.domain.sources import Sources
from composer.errors import UsageError
from composer.library.pictures import read_pictures

LARGEST = 512 * 1024
"""Bytes in one source file. MRML renders 10 MB without complaint; readers' programs do not."""


_TOO_LARGE = f"is larger than {LARGEST // 1024} kB: split it"


def make_sources(
    files: Mapping[str, str], unreadable: Mapping[str, str] | None = None, pictures: Mapping[str, bytes] | None = None
) -> Sources:
    """Return sources from what is in memory, with their version."""
    large = {name for name, text in files.items() if len(text.encode()) > LARGEST}
    files = {name: text for name, text in files.items() if name not in large}
    unreadable, pictures = {**(unreadable or {}), **dict.fromkeys(large, _TOO_LARGE)}, pictures or {}
    drawn = sorted((name, sha256(data).hexdigest()) for name, data in pictures.items())
    content = json.dumps([sorted(files.items()), sorted(unreadable.items()), drawn, installed("mjml-python")], ensure_ascii=True)
    return Sources(dict(files), sha256(content.encode()).hexdigest()[:16], dict(unreadable), dict(pictures))


def with_files(sources: Sources, files: Mapping[str, str], unreadable: Mapping[str, str] | None = None) -> Sources:
    """Return the same library with these files put over its own."""
    return make_sources({**sources.files, **files}, {**sources.unreadable, **(unreadable or {})}, sources.pictures)


def read_sources(modules: Path, templates: Path) -> Sources:
    """Read modules/**/*.mjml, templates/newsletter and templates/pictures; UsageError where one of the first two is missing.

    A file that is not UTF-8, larger than 512 kB, no picture fit for letters, or a link out of its folder is kept as
    unreadable, never raised.
    """
    files: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    layouts = templates / "newsletter"
    for folder, prefix, setting in ((modules, "modules", "library.modules"), (layouts, "templates/newsletter", "library.templates")):
        if not folder.is_dir():
            raise UsageError(f"no folder '{folder}'", where=setting, do=f"Make the folder, or point {setting} in the configuration to it.")
        endings = ("mjml",) if folder is modules else ("mjml", "toml", "txt")
        for name, path in _files(folder, endings):
            data = _read(path, folder)
            text = _text(data) if isinstance(data, bytes) else data
            if not name.isprintable():
                text = _Unreadable("has a name with bytes that are no UTF-8, or with control characters: rename it")
                name = _printable(name)
            if isinstance(text, str):
                files[f"{prefix}/{name}"] = text
            else:
                unreadable[f"{prefix}/{name}"] = text.why
    pictures, wrong = read_pictures(templates / "pictures")
    unreadable |= {f"templates/pictures/{_printable(name)}": why for name, why in wrong.items()}
    return make_sources(files, unreadable, pictures)


def stamp_of(modules: Path, templates: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Name, time, size and inode of everything that `read_sources` may read: a twentieth of the work of reading it."""
    found = []
    for root in (modules, templates / "newsletter", templates / "pictures"):
        for folder, _, names in os.walk(root, followlinks=False):
            for name in names:
                path = os.path.join(folder, name)  # noqa: PTH118 - pathlib takes as long as reading would
                try:
                    stat = os.stat(path)  # noqa: PTH116
                except OSError:
                    stat = os.lstat(path)
                found.append((path, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class _Unreadable:
    why: str


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix[1:] in endings and (path.is_file() or path.is_symlink()):
            yield path.relative_to(folder).as_posix(), path


def _printable(name: str) -> str:
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def _read(path: Path, folder: Path) -> bytes | _Unreadable:
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return _Unreadable("is a link that leads out of its folder: put the file itself here")
        if path.stat().st_size > LARGEST:
            return _Unreadable(_TOO_LARGE)
        return path.read_bytes()
    except OSError as error:
        return _Unreadable(f"cannot be read: {error.strerror}")
    except RuntimeError:  # what pathlib makes of ELOOP until Python 3.13
        return _Unreadable("is a link that leads to itself: put the file itself here")


def _text(data: bytes) -> str | _Unreadable:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return _Unreadable(f"is not UTF-8 at byte {error.start}: save it as UTF-8")
