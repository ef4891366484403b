"""Run the examples of the pages: every `console` block, in order, in one temporary folder a page.

`python -m tools.examples` (part of `make docs`) writes what the commands print now over what no longer matches.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```)", re.DOTALL | re.MULTILINE)
WIDTH = "100"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a page, what the page says it prints, and what it printed."""

    command: str
    expected: str
    output: str

    @property
    def true(self) -> bool:
        return matches(self.expected, self.output)


def pages() -> list[Path]:
    """Every page with examples."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [page for page in found if BLOCK.search(page.read_text(encoding="utf-8"))]


def play(page: Path, folder: Path) -> Iterator[Step]:
    """Run the commands of a page one after the other. Raises CalledProcessError where one fails."""
    for name in ("examples", "modules", "templates"):
        (folder / name).symlink_to(ROOT / name)
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            yield Step(command, expected, _run(command, folder))


def matches(expected: str, output: str) -> bool:
    """Compare line by line; a line `...` stands for any lines, `...` in a line for any text, and nothing for anything."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else r"[^\n]*?".join(map(re.escape, line.rstrip().split("..."))) + r" *\n"
        for line in expected.splitlines()
    )
    return not expected.strip() or re.fullmatch(pattern, output) is not None


def _run(command: str, folder: Path) -> str:
    """Run one line with bash; `composer` is this interpreter's, and nothing of the caller's settings is heard."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOSER_", "PYTEST_"))}
    fixed = {"COLUMNS": WIDTH, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    script = f'composer() {{ "{sys.executable}" -m composer "$@"; }}\n{command}'
    done = subprocess.run(["bash", "-c", script], cwd=folder, stdout=subprocess.PIPE, text=True, check=True, timeout=300, env=quiet | fixed)
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def refresh(page: Path) -> None:
    """Write the outputs that changed into the page."""
    with tempfile.TemporaryDirectory() as folder:
        for step in play(page, Path(folder)):
            if not step.true:
                text = page.read_text(encoding="utf-8")
                page.write_text(text.replace(f"$ {step.command}\n{step.expected}", f"$ {step.command}\n{step.output}"), encoding="utf-8")


if __name__ == "__main__":
    for page in pages():
        refresh(page)
