"""What a source hands on: named text values, row by row, each with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from composer.errors import ComposerError

Progress = Callable[[float], None]
"""Called now and then with the part of the file that has been read, 0..1."""


@dataclass(frozen=True, slots=True)
class Records:
    """`columns` are the header's names, None where every row names its own. `rows` yields (line, values by
    column name), or (line, reason) for a row that cannot be read."""

    columns: tuple[str, ...] | None
    rows: Iterator[tuple[int, Mapping[str, str] | str]]


class Damaged(ComposerError):
    """The file as a whole is refused: nothing of it is applied."""

    def __init__(self, what: str, *, where: str, do: str) -> None:
        super().__init__(what, where=where, do=f"{do} Nothing of the file was applied.")
