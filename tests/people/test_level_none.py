"""Somebody who lets us use nothing but what they declared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from composer.domain.level import Level
from composer.domain.sentence import say
from tests.decide._worlds import people
from tests.people._one import LIBRARY, letter, level, one, row

BOUGHT = {
    "bought": row(47, 0.0, c3=9.0),
    "bought_decayed": row(47, 0.0, c3=5.0),
    "bought_age": row(47, np.inf, c3=9.0),
    "order_days": np.array([9.0], dtype=np.float32),
}


def test_nothing_personal_is_used_and_the_reasons_say_what_was() -> None:
    known = letter(**BOUGHT, **level(Level.none))
    assert [block.module for block in known.blocks] == [block.module for block in letter().blocks]
    assert any(say("Popular with other readers.") in block.reasons for block in known.blocks)


def test_the_same_person_at_premium_is_known() -> None:
    assert "category/c03" in {block.module for block in letter(**BOUGHT).blocks}
    leading = next(block for block in letter(**BOUGHT).blocks if block.module == "category/c03")
    assert {"You often buy C03.", "You bought C03 recently."} <= set(map(str, leading.reasons))


def test_the_audience_that_render_is_given_holds_no_name() -> None:
    case = one()
    crowd = people(LIBRARY, 40)
    seen = case.decide(replace(crowd, level=np.zeros(40, dtype=np.int8))).audience
    assert set(seen.first_name) == set(seen.company) == {""}
    assert seen.role.words == seen.stage.words == ()


def test_a_declared_topic_is_heard_at_every_level() -> None:
    asked = np.array([[topic == "finance" for topic in LIBRARY.topics]])
    blocks = letter(topics=asked, **level(Level.none)).blocks
    assert say("You asked to hear about {topic}.", topic="finance") in blocks[0].reasons
