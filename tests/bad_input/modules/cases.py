"""Every folder here holds one broken library of modules and, in expected.txt, exactly what the linter says."""

from __future__ import annotations

from pathlib import Path

from composer.library import lint, read_sources

FOLDER = Path(__file__).parent
CASES = sorted(path for path in FOLDER.iterdir() if (path / "modules").is_dir())
TEMPLATES = FOLDER.parents[2] / "templates"


def said(case: Path) -> str:
    """What lint prints of the case."""
    return "".join(f"{finding}\n" for finding in lint(read_sources(case / "modules", TEMPLATES)))
