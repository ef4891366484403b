"""What became of an imported file, row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

LISTED = 10_000
"""Rows that a report lists at most; all are counted."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line of the file and what is to be said about it; never an address."""

    line: int
    reason: str


@dataclass
class Rows:
    """Rows that a report speaks of: all are counted, the first LISTED are listed."""

    count: int = 0
    listed: list[BadRow] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, line: int, reason: str) -> None:
        self.count += 1
        if reason in self.reasons or len(self.reasons) < LISTED:
            self.reasons[reason] += 1
        if len(self.listed) < LISTED:
            self.listed.append(BadRow(line, reason))


@dataclass
class ImportReport:
    """What became of a file: rows = added + changed + same + refused."""

    kind: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    refused: Rows = field(default_factory=Rows)
    warnings: Rows = field(default_factory=Rows)
    """Kept, but somebody should look: unknown products, orders with quantity 0."""
    notes: Rows = field(default_factory=Rows)
    """Kept and in order, but worth knowing: a shared address, an unknown kind of event."""
    extra_columns: list[str] = field(default_factory=list)

    @property
    def same(self) -> int:
        return self.rows - self.added - self.changed - self.refused.count

    @property
    def clean(self) -> bool:
        """Nothing was refused and nothing needs a look."""
        return not self.refused.count and not self.warnings.count
