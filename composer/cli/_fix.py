"""Write the corrections of `modules lint --fix` into the library's files, each whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import ComposerError

if TYPE_CHECKING:
    from composer.config import Settings
    from composer.library import Sources
    from composer.library.fixing import Corrected


def correct_files(settings: Settings, sources: Sources) -> Corrected:
    """Correct what is sure, write the files that changed, and return what was done and what the linter says now."""
    from composer.library import open_cache
    from composer.library.fixing import correct

    contents = {file: data for file in sources.files if (data := _bytes(_path(settings, file))) is not None}
    made = correct(sources, contents, settings.sender.site, open_cache(settings))
    for file, content in made.contents.items():
        _write(_path(settings, file), contents[file], content)
    return made


def _path(settings: Settings, file: str) -> Path:
    """Where a file of the library lies; a link inside its folder is followed, not replaced."""
    kind, _, rest = file.partition("/")
    folder = settings.library.modules if kind == "modules" else settings.library.templates
    return (settings.path(folder) / rest).resolve()


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, before: bytes, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.read_bytes() != before:
            raise ComposerError("changed while it was being corrected", where=str(path), do="Run the command again.")
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(path.stat().st_mode & 0o7777)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ComposerError(f"cannot be written: {error.strerror}", where=str(path), do="Make the file and its folder writable.") from None
