"""Somebody who was shown all there is, a moment ago."""

from __future__ import annotations

import numpy as np

from composer.domain.reasons import Source
from tests.people._one import LIBRARY, letter, one, row

SEEN = {"shown": np.ones((1, 47), dtype=np.int16), "shown_age": row(47, 1.0)}


def test_only_generic_modules_come_back_at_once() -> None:
    generic = {module.name for module in LIBRARY.modules if module.generic}
    shown = letter(**SEEN)
    assert {block.module for block in shown.blocks} <= generic
    assert {block.source for block in shown.blocks} <= {Source.ranked, Source.popular, Source.seasonal, Source.generic}


def test_the_rest_is_said_to_rest() -> None:
    rules = {loser.rule for loser in one(**SEEN).decide().explain(0).losers}
    assert rules <= {"cool_down", ""}


def test_after_their_rest_modules_are_back() -> None:
    back = letter(**{**SEEN, "shown_age": row(47, 7.0)})
    assert any(not LIBRARY.modules[LIBRARY.index[block.module]].generic for block in back.blocks)
