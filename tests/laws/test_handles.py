"""Outside the store, SQLAlchemy is two names: the handles Connection and Engine that are passed around."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "composer"
HANDLES = {"Connection", "Engine"}


def names_taken_from_sqlalchemy(source: str) -> set[str]:
    """Return what a file imports from sqlalchemy; a plain import counts as everything."""
    taken: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            taken |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            taken |= {alias.name for alias in node.names if alias.name.split(".")[0] == "sqlalchemy"}
    return taken


def test_only_handles_of_the_database_leave_the_store() -> None:
    outside = [file for file in PACKAGE.rglob("*.py") if "store" not in file.relative_to(PACKAGE).parts]
    leaks = {
        str(file.relative_to(PACKAGE)): names
        for file in outside
        if (names := names_taken_from_sqlalchemy(file.read_text(encoding="utf-8")) - HANDLES)
    }
    assert leaks == {}


def test_the_law_of_handles_can_be_broken() -> None:
    assert names_taken_from_sqlalchemy("from sqlalchemy import Engine, select") - HANDLES == {"select"}
    assert names_taken_from_sqlalchemy("import sqlalchemy as sa") - HANDLES == {"sqlalchemy"}
