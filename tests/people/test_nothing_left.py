"""Somebody for whom hardly anything is left: an empty library, one module, all of it out of stock, all shown elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.domain.campaign import Policy
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip
from composer.domain.stock import Stock
from tests.decide._worlds import LETTER, NOW, blank, module, shop, weekly, world
from tests.people._one import LIBRARY, letter, row, skipped

PLAIN = weekly(holdout=0.0, policy=Policy(explore=1.0))


@pytest.mark.parametrize("size", [0, 1, 3])
def test_too_small_a_library_gives_no_letter_and_says_so(size: int) -> None:
    library = shop(size)
    for campaign in (PLAIN, replace(PLAIN, pinned=("category/*",)), replace(PLAIN, holdout=0.99)):
        reason = world(blank(library), library, campaign=campaign).decide().outcome(0).reason
        assert reason == (Skip.too_few_blocks if size else Skip.no_language)


def test_a_mandatory_block_that_is_in_no_library_any_more_stops_the_letter() -> None:
    library = shop()
    assert (
        world(blank(library), library, campaign=replace(PLAIN, mandatory=("offer/gone",))).decide().outcome(0).reason == Skip.no_mandatory
    )


def test_where_all_is_sold_out_nobody_is_written_to() -> None:
    out = Stock.of(LIBRARY.interests, dict.fromkeys(LIBRARY.interests, ()))
    decided = world(blank(LIBRARY), LIBRARY, campaign=PLAIN, moment=Moment(NOW, NOW, "weekly", stock=out)).decide()
    assert decided.outcome(0).reason == Skip.too_few_blocks
    assert {loser.rule for loser in decided.explain(0).losers} == {"stock"}


def test_what_another_campaign_showed_today_leaves_the_generic_modules() -> None:
    generic = {module.name for module in LIBRARY.modules if module.generic}
    assert {block.module for block in letter(elsewhere_age=row(47, 0.0)).blocks} <= generic


def test_modules_without_a_group_are_not_taken_for_one_group() -> None:
    library = Library(tuple(module(f"story/{name}", group="") for name in "abcdef"), {"newsletter": LETTER}, "x")
    blocks = world(blank(library), library, campaign=replace(PLAIN, policy=Policy(explore=0.0))).decide().outcome(0).blocks
    assert {block.source.value for block in blocks} == {"ranked"}
    assert len(blocks) == 6


def test_everything_resting_gives_no_letter() -> None:
    lately = {"shown_age": row(47, 0.0), "elsewhere_age": row(47, 0.0), "bought_age": np.zeros((1, 47), dtype=np.float32)}
    assert skipped(**lately).reason == Skip.too_few_blocks
