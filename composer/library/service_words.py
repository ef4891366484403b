"""The words of service letters: templates/service, an installation's own files before the shipped ones."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from composer.domain.service_letter import FALLBACK, FRAME, Kind, ServiceWords, words_of
from composer.errors import UsageError

SHIPPED = Path(__file__).parents[2] / "templates"


def read_service_words(templates: Path) -> ServiceWords:
    """Read `templates`/service. UsageError where a file is damaged or a language lacks a text."""
    folders = [folder for root in (SHIPPED, templates) if (folder := root / "service").is_dir()]
    texts = {file.stem: _texts(file) for folder in folders for file in sorted((folder / "texts").glob("*.toml"))}
    pages = [file for folder in folders if (file := folder / "letter.html").is_file()]
    if not pages or FALLBACK not in texts:
        raise UsageError("no words for service letters", where=str(templates / "service"), do="Restore templates/service.")
    return ServiceWords(_read(pages[-1]), texts)


def _texts(file: Path) -> dict[str, dict[str, str]]:
    try:
        found: dict[str, Any] = tomllib.loads(_read(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not TOML: {error}", where=str(file), do="Correct the line.") from None
    needed = {"frame": FRAME, **{kind.value: words_of(kind) for kind in Kind}}
    missing = [f"{part}.{name}" for part, names in needed.items() for name in names if not isinstance(found.get(part, {}).get(name), str)]
    if missing:
        raise UsageError(f"no text for {', '.join(missing)}", where=str(file), do="Add it; templates/service/texts/en.toml shows the form.")
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({type(error).__name__})", where=str(file), do="Save it as UTF-8 and let it be read.") from None
