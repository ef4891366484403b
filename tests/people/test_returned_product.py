"""Somebody who sent a product back, or complained about it."""

from __future__ import annotations

import numpy as np

from tests.people._one import letter, one, row

LOVED = {"bought": row(47, 0.0, c3=9.0), "bought_age": row(47, np.inf, c3=20.0), "order_days": np.array([9.0], dtype=np.float32)}


def test_what_was_returned_is_left_alone_for_three_months() -> None:
    returned = one(**LOVED, returned_age=row(47, np.inf, c3=89.0)).decide()
    assert {loser.module: loser.rule for loser in returned.explain(0).losers}["category/c03"] == "returned"


def test_after_that_it_may_be_offered_again() -> None:
    names = {block.module for block in letter(**LOVED, returned_age=row(47, np.inf, c3=90.0)).blocks}
    assert "category/c03" in names
