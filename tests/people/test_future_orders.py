"""Somebody with orders dated in the future: a slip of the hand, or a delivery to come."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.decide._worlds import NOW
from tests.people._stored import DAY, decided, removed, settle, sound_letter


def test_what_has_not_happened_is_not_known(engine: Engine) -> None:
    settle(engine, orders=[(c, NOW + (1 + c) * DAY, 1.0) for c in range(47)])
    batch = decided(engine)
    assert batch.audience.order_days.tolist() == [0]
    assert "owned" not in removed(batch).values()
    reasons = {str(reason) for block in sound_letter(batch).blocks for reason in block.reasons}
    assert not any("bought" in reason or "buy" in reason for reason in reasons)


def test_past_orders_beside_them_count_as_ever(engine: Engine) -> None:
    settle(engine, orders=[(3, NOW - DAY, 1.0), (4, NOW + DAY, 1.0), (5, NOW + 4_000 * DAY, 1.0)])
    batch = decided(engine)
    gone = {module for module, rule in removed(batch).items() if rule == "owned"}
    assert gone == {"category/c03"}
    sound_letter(batch)
