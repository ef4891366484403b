"""A leading underscore is kept: what it hides stays in its own package, and in its own file."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "composer"


def trespasses(importer: str, source: str) -> list[str]:
    """Return what the file named `importer` (dotted) takes from behind an underscore that is not its own package's."""
    taken = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("composer"):
            for alias in node.names:
                home, _, hidden = f"{node.module}.{alias.name}".partition("._")
                file = PACKAGE.parent.joinpath(*home.split("."), f"_{hidden.partition('.')[0]}.py")
                if hidden and not (importer.startswith(f"{home}.") and file.exists()):
                    taken.append(f"{node.module}.{alias.name}")
    return taken


def test_nothing_private_is_imported_from_outside() -> None:
    found = {}
    for file in PACKAGE.rglob("*.py"):
        importer = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        if taken := trespasses(importer, file.read_text(encoding="utf-8")):
            found[importer] = taken
    assert found == {}


def test_the_law_of_underscores_can_be_broken() -> None:
    assert trespasses("composer.demo.run", "from composer.sources._lines import lines") == ["composer.sources._lines.lines"]
    assert trespasses("composer.store.outbox", "from composer.store.plans import _letters") == ["composer.store.plans._letters"]
    assert trespasses("composer.store.audience", "from composer.store import _conduct") == []
    assert trespasses("composer.sources.csv_file", "from composer.sources._lines import lines") == []
