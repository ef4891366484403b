"""Tokens are made and read with the ring: who asks App.key for one forgets every other key."""

from __future__ import annotations

import ast

from composer.domain import tokens
from tests.conftest import REPOSITORY

OF_TOKENS = {name for name in vars(tokens) if name.endswith(("_token", "_tokens", "_seal", "_unseal"))}


def _misused(source: str) -> list[int]:
    """The lines that give a token function a `.key`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    return [
        call.lineno
        for call in calls
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in OF_TOKENS
        and isinstance(call.args[0], ast.Attribute)
        and call.args[0].attr == "key"
    ]


def test_the_law_sees_a_breach() -> None:
    assert _misused("read_token(site.app.key, purpose, token)\nmake_token(app.keys, purpose, subject)\n") == [1]


def test_no_token_is_made_or_read_with_one_key_only() -> None:
    files = sorted((REPOSITORY / "composer").rglob("*.py"))
    assert [f"{file.name}:{line}" for file in files for line in _misused(file.read_text(encoding="utf-8"))] == []
