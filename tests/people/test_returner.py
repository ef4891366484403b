"""Somebody who sends back most of what they buy."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.decide._worlds import NOW
from tests.people._stored import DAY, Deed, decided, removed, settle, sound_letter


def test_nothing_that_was_sent_back_lately_is_offered_and_the_rest_makes_a_letter(engine: Engine) -> None:
    bought = [(c, NOW - 30 * DAY, 1.0) for c in range(20)]
    back = [Deed("return", NOW - (20 if c < 15 else 95) * DAY, c) for c in range(20)]
    settle(engine, orders=[(c, at - 70 * DAY, n) for c, at, n in bought], deeds=back)
    batch = decided(engine)
    rested = {module for module, rule in removed(batch).items() if rule == "returned"}
    assert rested == {f"category/c{c:02}" for c in range(15)}
    assert not {block.module for block in sound_letter(batch).blocks} & rested


def test_a_complaint_weighs_like_a_return(engine: Engine) -> None:
    settle(engine, orders=[(3, NOW - 40 * DAY, 9.0)], deeds=[Deed("complaint", NOW - 2 * DAY, 3)])
    assert removed(decided(engine))["category/c03"] == "returned"
