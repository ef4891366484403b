"""Rewrite the golden letters: `python -m tests.golden`. The change is then read in review."""

from __future__ import annotations

from tests.golden.letter import FOLDER, golden

for name, data in golden().items():
    (FOLDER / name).write_bytes(data)
