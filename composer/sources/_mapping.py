"""The mapping file: how somebody else's columns and words become ours."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from composer.errors import UsageError
from composer.sources._columns import KINDS


@dataclass(frozen=True, slots=True)
class Renaming:
    """`columns`: ours -> theirs. `values`: our column -> {their word: our word}. `defaults`: our column -> the word for an empty cell."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)


def read_mapping(file: Path, kind: str) -> Renaming:
    """Read [columns], [values.COLUMN] and [defaults]. Raises UsageError naming the file, the name and the known ones."""
    try:
        found = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read it ({error.strerror})", where=str(file), do="Name an existing mapping file with --map.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"not UTF-8 at byte {error.start}", where=str(file), do="Save the file as UTF-8.") from None
    except RecursionError:  # tomllib reads values inside values by calling itself
        raise UsageError("too many brackets inside each other", where=str(file), do="Make it simpler.") from None
    except ValueError as error:  # TOMLDecodeError, and numbers of more digits than Python reads
        raise UsageError(f"not TOML: {error}", where=str(file), do="Correct the line.") from None
    parts = {name: found.pop(name, {}) for name in ("columns", "values", "defaults")}
    if found:
        raise UsageError(f"unknown part '{min(found)}'", where=str(file), do="Known: [columns], [values.COLUMN], [defaults].")
    for name, part in parts.items():
        _check(file, kind, name, part)
    return Renaming(
        columns=_texts(file, "columns", parts["columns"]),
        values={column: _texts(file, f"values.{column}", words) for column, words in parts["values"].items()},
        defaults=_texts(file, "defaults", parts["defaults"]),
    )


def _check(file: Path, kind: str, name: str, part: Any) -> None:
    if not isinstance(part, dict):
        raise UsageError(f"'{name}' is a table", where=str(file), do=f"Write [{name}] on a line of its own.")
    known = [column.name for column in KINDS[kind]]
    for column in part:
        if column not in known:
            raise UsageError(f"[{name}] names '{column}', which is no column of {kind}", where=str(file), do=f"Known: {', '.join(known)}.")


def _texts(file: Path, name: str, part: Any) -> dict[str, str]:
    if not isinstance(part, dict) or not all(isinstance(value, str | int | float) for value in part.values()):
        raise UsageError(f"[{name}] may hold words and numbers only", where=str(file), do="Put the values in quotes.")
    return {key: ("true" if value else "false") if isinstance(value, bool) else str(value) for key, value in part.items()}
