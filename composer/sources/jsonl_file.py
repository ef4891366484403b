"""JSON Lines: one object a line, plain or gzip; numbers, truth values and null become text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from composer.sources._lines import lines
from composer.sources._records import Damaged, Progress, Records

SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


def read(file: Path, progress: Progress) -> Records:
    """Every row names its own columns. Raises Damaged for an empty file and for one that is a single JSON array."""
    numbered = lines(file, progress)
    first = next(numbered, None)
    if first is None:
        raise Damaged("the file is empty", where=f"{file}:1", do="Write one JSON object a line.")
    if (first[1] or "").lstrip().startswith("["):
        raise Damaged("a JSON array", where=f"{file}:1", do="Write one JSON object a line.")
    return Records(None, _rows(first, numbered))


def _rows(first: tuple[int, str | None], rest: Iterator[tuple[int, str | None]]) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    yield from _row(*first)
    for number, line in rest:
        yield from _row(number, line)


def _row(number: int, line: str | None) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    if line is None:
        yield number, "the line is too long"
    elif line.strip():
        yield number, _values(line)


def _values(line: str) -> Mapping[str, str] | str:
    try:
        found = json.loads(line.rstrip())
        if not isinstance(found, dict):
            return "not a JSON object"
        values = {name: _text(value) for name, value in found.items()}
        "".join(values.values()).encode()
    except json.JSONDecodeError as error:
        return f"not JSON at column {error.colno}"
    except UnicodeEncodeError:
        return "half a surrogate pair (\\ud800 to \\udfff)"
    except (TypeError, ValueError, RecursionError) as error:
        return str(error) if isinstance(error, TypeError) else "not JSON we can read"
    return values


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise TypeError("a value is a list or an object")
