"""Rewrite what the broken modules are expected to say: `python -m tests.bad_input.modules`. Read the change in review."""

from __future__ import annotations

from tests.bad_input.modules.cases import CASES, said

for case in CASES:
    (case / "expected.txt").write_text(said(case), encoding="utf-8")
