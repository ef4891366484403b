"""Somebody who owns all there is."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from composer.domain.audience import Audience
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Skip
from tests.decide._worlds import module
from tests.people._one import LIBRARY, level, one, row, skipped

OWNS = {"bought": row(47, 1.0), "bought_age": row(47, 1.0), "order_days": np.array([9.0], dtype=np.float32)}


def test_who_owns_everything_is_offered_nothing_owned() -> None:
    assert skipped(**OWNS).reason == Skip.too_few_blocks


def test_what_is_not_for_sale_may_still_be_read() -> None:
    case = one(**OWNS)
    stories = [module(f"story/s{i}", group=f"s{i}") for i in range(4)]
    library = Library((*LIBRARY.modules, *stories), LIBRARY.layouts)
    columns = [f.name for f in fields(Audience) if np.shape(getattr(case.audience, f.name)) == (1, 47)]
    of_modules = [name for name in columns if not name.startswith(("bought", "returned", "viewed"))]
    wide = {name: np.pad(getattr(case.audience, name), ((0, 0), (0, 4)), mode="edge") for name in of_modules}
    letter = case.decide(replace(case.audience, **wide), library=library).outcome(0)
    assert isinstance(letter, Newsletter)
    assert {block.module for block in letter.blocks} == {story.name for story in stories}


def test_where_orders_may_not_be_read_owning_is_not_known() -> None:
    letter = one(**OWNS, **level(Level.basic)).decide().outcome(0)
    assert isinstance(letter, Newsletter)


def test_a_purchase_keeps_its_module_away_only_as_long_as_the_module_says() -> None:
    long_ago = one(**{**OWNS, "bought_age": row(47, 3.0)}).decide()
    assert isinstance(long_ago.outcome(0), Newsletter)
