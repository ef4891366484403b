"""The examples in the pages are run: every `console` block, in order, in one temporary folder a page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if BLOCK.search(page.read_text(encoding="utf-8"))]


def steps(page: Path) -> list[tuple[str, str]]:
    """Return (command, expected output) pairs; in the output a line `...` stands for any lines, and `...` in a line for any text."""
    found: list[tuple[str, str]] = []
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], ""))
            else:
                command, expected = found[-1]
                found[-1] = (command, f"{expected}{line}\n")
    return found


def matches(expected: str, output: str) -> bool:
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else r"[^\n]*?".join(map(re.escape, line.rstrip().split("..."))) + r" *\n"
        for line in expected.splitlines()
    )
    return re.fullmatch(pattern, output) is not None


def run(command: str, folder: Path) -> str:
    """Run one line of a page with bash; `composer` is this interpreter's."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOSER_", "PYTEST_"))}
    script = f'composer() {{ "{sys.executable}" -m composer "$@"; }}\n{command}'
    fixed = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=300, env=quiet | fixed)
    assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_are_true(page: Path, tmp_path: Path) -> None:
    for name in ("examples", "modules", "templates", "bench"):
        (tmp_path / name).symlink_to(ROOT / name)
    for command, expected in steps(page):
        output = run(command, tmp_path)
        assert not expected or matches(expected, output), f"{page.name}: $ {command}\n{output}"


def test_there_are_examples() -> None:
    assert ROOT / "README.md" in PAGES


def test_the_comparison_can_fail() -> None:
    assert matches("a\n...\nd ... f\n", "a\nb\nc\nd e f\n")
    assert not matches("a\n...\nd\n", "a\nb\n")
