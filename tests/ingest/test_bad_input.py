"""Every mistake in tests/bad_input gets exactly the answer written beside it, and leaves nothing half done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bad_input.cases import CASES, said


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_mistake_is_answered_as_written(case: Path, sqlite_template: Path, tmp_path: Path) -> None:
    expected = (case / "expected.txt").read_text(encoding="utf-8")
    assert said(case, sqlite_template, tmp_path / "case") == expected
    assert "Traceback" not in expected
    assert not re.search(r"@[\w-]+\.\w", expected), "an answer shows an address"
