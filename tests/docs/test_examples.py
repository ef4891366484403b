"""The examples in the pages are run, and say what the commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.examples import ROOT, matches, pages, play


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_examples_of_a_page_are_true(page: Path, tmp_path: Path) -> None:
    for step in play(page, tmp_path):
        assert step.true, f"{page.name}: $ {step.command}\n{step.output}\n(run 'make docs' where this is meant)"


def test_there_are_examples() -> None:
    assert ROOT / "README.md" in pages()


def test_the_comparison_can_fail() -> None:
    assert matches("a\n...\nd ... f\n", "a\nb\nc\nd e f\n")
    assert not matches("a\n...\nd\n", "a\nb\n")
    assert not matches("a\n", "a\nb\n")
