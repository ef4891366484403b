"""A broken module is told with file, line, column and what to do, and never stops the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.library import open_library, read_sources, with_files
from tests.bad_input.modules.cases import CASES, TEMPLATES, said
from tests.kept import KEPT
from tests.render.letters import opened


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_linter_says_exactly_what_is_expected(case: Path) -> None:
    assert said(case) == (case / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_module_is_left_out_and_the_good_ones_stay(case: Path) -> None:
    broken = read_sources(case / "modules", TEMPLATES)
    together = open_library(with_files(opened().sources, broken.files, broken.unreadable), KEPT)
    assert together.library.names == opened().library.names
    assert any(finding.severity == "error" for finding in together.findings)
