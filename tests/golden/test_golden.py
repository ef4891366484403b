"""The golden letters stand until somebody rewrites them on purpose."""

from __future__ import annotations

import pytest

from tests.golden.letter import FOLDER, golden


@pytest.mark.parametrize("name", sorted(golden()))
def test_a_letter_is_byte_for_byte_the_golden_one(name: str) -> None:
    assert (FOLDER / name).read_bytes() == golden()[name], "read the difference, then rewrite with: python -m tests.golden"
