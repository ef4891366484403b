"""Tables of figures, and the lines that say whether a target was held."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

HELD, SHORT, ABSENT = "held", "FELL SHORT", "not there yet"


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of words under their heads, the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    print(f"\n{title}")
    for row in (heads, *rows):
        first, *others = zip(row, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(word.rjust(width) for word, width in others)]))


def print_verdict(what: str, figure: float | None, target: str, held: bool, digits: int = 4) -> None:
    """Print one line: what was asked, ours, the target, and whether it was held."""
    ours = f"{figure:.{digits}f}" if figure is not None else "-"
    print(f"{what:<72} {ours:>9}  target {target:<18} {ABSENT if figure is None else HELD if held else SHORT}", flush=True)


def between(found: tuple[float, float, float]) -> str:
    """A difference with its interval."""
    return f"{found[0]:+.4f} [{found[1]:+.4f}, {found[2]:+.4f}]"


def missing(package: str) -> bool:
    """Whether a peer's package is not installed; says so."""
    absent = find_spec(package) is None
    if absent:
        print(f"bench.choose: {package} is not installed, its rows are left out; `make bench-choose` installs it")
    return absent
