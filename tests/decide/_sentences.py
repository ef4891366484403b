"""The sentences that deciding can say, read from its source as gettext would: every call of `say` has its words written out."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from types import ModuleType

from composer import decide

FOLDER = Path(str(decide.__file__)).parent
SHARED = FOLDER / "wording.py"
"""What several signals say."""


@cache
def sentences(file: Path) -> frozenset[str]:
    """The words of every call of `say` in a file; the call must have them written out."""
    calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    said = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "say"]
    assert all(isinstance(words, ast.Constant) for words in said), f"{file}: words that are not written out in the call of say"
    return frozenset(str(words.value) for words in said if isinstance(words, ast.Constant))


def spoken(signal: ModuleType) -> frozenset[str]:
    """What a signal can say."""
    return sentences(Path(str(signal.__file__))) | sentences(SHARED)


def all_sentences() -> dict[str, Path]:
    """Every sentence and part of one that a decision can hold -> a file that says it."""
    return {words: file for file in sorted(FOLDER.rglob("*.py")) for words in sentences(file)}
