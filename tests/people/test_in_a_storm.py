"""Somebody in whose region a storm is reported, beside somebody in another one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from composer.domain.audience import Codes
from composer.domain.campaign import Policy
from composer.domain.condition import Condition
from composer.domain.content import Library, Slot
from composer.domain.moment import Moment
from tests.decide._worlds import LETTER, NOW, blank, module, shop, weekly, world

NOTICE = replace(LETTER, slots=(Slot("notice", ("notice",), 0, 1, pinned=True), *LETTER.slots))
LIBRARY = Library((*shop().modules, module("notice/storm", when="storm")), {"newsletter": NOTICE}, "storm")
PEOPLE = replace(blank(LIBRARY, 3), region=Codes.of(["north", "south", ""]))


def blocks(*conditions: Condition) -> list[list[str]]:
    moment = Moment(NOW, NOW, "weekly", conditions=conditions)
    campaign = weekly(holdout=0.0, policy=Policy(explore=1.0))
    decided = world(PEOPLE, LIBRARY, campaign=campaign, moment=moment).decide()
    return [[block.module for block in decided.outcome(r).blocks] for r in range(3)]


def test_the_notice_stands_first_in_the_region_and_nowhere_else() -> None:
    letters = blocks(Condition("storm", "north", NOW - timedelta(hours=1)))
    assert letters[0][0] == "notice/storm"
    assert all("notice/storm" not in names for names in letters[1:])


def test_a_storm_everywhere_is_told_to_everybody() -> None:
    assert {names[0] for names in blocks(Condition("storm", "", NOW - timedelta(hours=1)))} == {"notice/storm"}


def test_when_it_is_over_all_letters_are_as_if_it_had_never_been() -> None:
    over = blocks(Condition("storm", "north", NOW - timedelta(hours=2), NOW - timedelta(hours=1)))
    assert over == blocks()
