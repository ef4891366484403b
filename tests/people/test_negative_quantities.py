"""Somebody whose orders have quantities below zero, as exports write returns, and of nought."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.decide._worlds import NOW
from tests.people._stored import DAY, decided, removed, settle, sound_letter


def test_a_line_below_zero_is_a_return_and_no_purchase(engine: Engine) -> None:
    settle(engine, orders=[(3, NOW - 20 * DAY, -2.0), (4, NOW - DAY, -0.5)])
    batch = decided(engine)
    assert batch.audience.order_days.tolist() == [0]
    assert {module for module, rule in removed(batch).items() if rule == "returned"} == {"category/c03", "category/c04"}
    sound_letter(batch)


def test_everything_taken_back_leaves_no_letter_and_says_so(engine: Engine) -> None:
    settle(engine, orders=[(c, NOW - 5 * DAY, -1.0) for c in range(47)])
    batch = decided(engine)
    assert set(removed(batch).values()) == {"returned"}
    assert str(batch.outcome(0).reason) == "too few blocks"


def test_a_line_of_nought_may_be_owned_and_is_not_offered(engine: Engine) -> None:
    settle(engine, orders=[(3, NOW - DAY, 0.0)])
    batch = decided(engine)
    assert removed(batch)["category/c03"] == "owned"
    sound_letter(batch)
