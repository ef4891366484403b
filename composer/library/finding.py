"""What the linter saw: where, how bad, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction that is sure: at this place of the file stands `old`, within one line; `new` belongs there.

    With a `host`, only where that host is our own site's.
    """

    file: str
    line: int
    column: int
    old: str
    new: str
    host: str = ""


@dataclass(frozen=True, slots=True, order=True)
class LintFinding:
    """One finding. Lines and columns count from 1; an error keeps the module out of every letter."""

    file: str
    line: int
    column: int
    severity: Severity
    message: str
    edits: tuple[Edit, ...] = field(default=(), compare=False)
    """What `modules lint --fix` does about it; empty: an author has to decide."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of a character of `text`."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
