"""The size and shape of files: short, opening with one sentence, and named from the glossary."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "composer").rglob("*.py"))
LONGEST = 300
VAGUE = re.compile(r"(Manager|Helper|Utils?|Service)$|^(manager|helper|util|service)s?$|_(manager|helper|util|service)s?$")


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_file_is_short(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{_name(file)} has {lines} lines: find the second idea in it and give that its own file"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_file_opens_with_one_sentence(file: Path) -> None:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert text, f"{_name(file)} must open with one sentence that says what it is for"
    first = text.split("\n\n")[0]
    assert first.rstrip().endswith((".", "::", ":")), f"{_name(file)}: the opening sentence has no end"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_no_name_is_vague(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    vague = [name for name in [*names, file.stem, file.parent.name] if VAGUE.search(name)]
    assert not vague, f"{_name(file)}: {vague} say nothing; take a word from docs/glossary.md"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_no_error_is_silenced_without_its_name(file: Path) -> None:
    bare = re.findall(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)|pragma: no cover", file.read_text(encoding="utf-8"))
    assert not bare, f"{_name(file)}: say which rule is silenced"
