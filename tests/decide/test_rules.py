"""Rules by example: stock and season at the time of leaving, letters between, other campaigns, conditions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.decide.eligibility import condition, elsewhere, rest_letters, season, stock
from composer.domain.audience import Codes
from composer.domain.condition import Condition
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.stock import ALWAYS, Stock
from tests.decide._worlds import LETTER, NOW, RULES, blank, module, weekly, world

SECOND = int(NOW.timestamp())


def library_of(*modules: Any) -> Library:
    return Library(modules, {"newsletter": LETTER}, "test")


def moment(leaves: list[int] | None = None, **changes: Any) -> Moment:
    return Moment(NOW, NOW, "x", None if leaves is None else np.array(leaves, dtype=np.int64), **changes)


def verdict(rule: Any, library: Library, at: Moment, people: int = 1, **columns: Any) -> list[list[bool]]:
    answer = rule.allows(replace(blank(library, people), **columns), library, at)
    return np.broadcast_to(answer, (people, len(library.modules))).tolist()


ABOUT = library_of(
    module("a/both", interests=("category:C", "product:P")),
    module("a/buyers", interests=("product:P",), bought_within=timedelta(days=30)),
    module("a/category", interests=("category:C",)),
    module("a/nothing"),
    module("a/product", interests=("product:P",)),
    module("a/stranger", interests=("category:Unknown",)),
)


def test_what_is_sold_out_is_not_shown_and_what_nobody_knows_is() -> None:
    out = Stock.of(ABOUT.interests, {"product:P": [], "category:C": [ALWAYS]})
    assert verdict(stock, ABOUT, moment(stock=out)) == [[True, True, True, True, False, True]]
    all_out = Stock.of(ABOUT.interests, {"product:P": [], "category:C": []})
    assert verdict(stock, ABOUT, moment(stock=all_out)) == [[False, True, False, True, False, True]]
    assert verdict(stock, ABOUT, moment()) == [[True] * 6]


def test_stock_is_judged_when_the_letter_leaves_and_never_before_now() -> None:
    dated = Stock.of(ABOUT.interests, {"product:P": [(SECOND + 10, SECOND + 20)], "category:C": [(ALWAYS[0], SECOND + 15)]})
    leaves = [SECOND - 99, SECOND + 9, SECOND + 10, SECOND + 14, SECOND + 15, SECOND + 19, SECOND + 20]
    table = verdict(stock, ABOUT, moment(leaves, stock=dated), people=7)
    assert [row[4] for row in table] == [False, False, True, True, True, True, False]
    assert [row[2] for row in table] == [True, True, True, True, False, False, False]
    assert [row[0] for row in table] == [True, True, True, True, True, True, False]


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), max_size=4), st.integers(-60, 60))
def test_stock_says_what_its_spans_say(spans: list[tuple[int, int]], at: int) -> None:
    found = Stock.of(("product:a", "product:b"), {"product:a": spans})
    had = found.had[found.period(np.array([at], dtype=np.int64))[0]]
    assert had.tolist() == [any(opens <= at < closes for opens, closes in spans), True]


def test_the_season_is_that_of_the_day_on_which_the_letter_leaves() -> None:
    library = library_of(module("a/always"), module("a/december", months=(12,)), module("a/november", months=(11,)))
    ends = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
    table = verdict(season, library, moment([ends - 1, ends]), people=2)
    assert table == [[True, False, True], [True, True, False]]


def test_a_module_rests_as_many_letters_as_it_says() -> None:
    library = library_of(module("a/each"), module("a/third", rest_letters=2))
    since = np.array([[0, 0], [0, 1], [0, 2], [32_767, 32_767]], dtype=np.int16)
    assert [row[1] for row in verdict(rest_letters, library, moment(), 4, letters_since=since)] == [False, False, True, True]
    assert all(row[0] for row in verdict(rest_letters, library, moment(), 4, letters_since=since))


def test_what_another_campaign_shows_is_not_repeated_but_what_may_always_come_back_is() -> None:
    library = library_of(module("a/generic", generic=True), module("a/signature", rest=timedelta(0)), module("a/story"))
    ages = np.array([[0, 0, 0], [6.9, 6.9, 6.9], [7, 7, 7]], dtype=np.float32)
    week = moment(apart=timedelta(days=7))
    assert verdict(elsewhere, library, week, 3, elsewhere_age=ages) == [[True, True, False], [True, True, False], [True, True, True]]
    assert verdict(elsewhere, library, moment(), 3, elsewhere_age=ages) == [[True] * 3] * 3


STORM = library_of(module("notice/storm", when="storm"), module("story/a"))


def test_a_storm_is_told_to_its_region_while_it_is_reported() -> None:
    north = Condition("storm", "north", NOW, NOW + timedelta(hours=2))
    regions = Codes.of(["north", "south", "", "north", "north"])
    leaves = [SECOND, SECOND, SECOND, SECOND + 7199, SECOND + 7200]
    table = verdict(condition, STORM, moment(leaves, conditions=(north,)), 5, region=regions)
    assert [row[0] for row in table] == [True, False, False, True, False]
    assert all(row[1] for row in table)


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ((), False),
        ((Condition("storm", "", NOW - timedelta(days=1)),), True),
        ((Condition("storm", "", NOW + timedelta(seconds=1)),), False),
        ((Condition("power-cut", "", NOW - timedelta(days=1)),), False),
        ((Condition("storm", "south", NOW), Condition("storm", "north", NOW)), True),
    ],
)
def test_one_condition_that_holds_is_enough(conditions: tuple[Condition, ...], holds: bool) -> None:
    table = verdict(condition, STORM, moment(conditions=conditions), region=Codes.of(["north"]))
    assert table == [[holds, True]]


def test_who_does_not_give_their_region_is_told_only_of_what_is_everywhere() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcd"], module("story/storm", when="storm"))
    person = replace(blank(library), region=Codes.of(["north"]), level=np.array([Level.none], dtype=np.int8))
    for region, removed in (("north", "condition"), ("", None)):
        at = Moment(NOW, NOW, "weekly", conditions=(Condition("storm", region, NOW - timedelta(hours=1)),))
        decided = world(person, library, moment=at, campaign=weekly(holdout=0.0)).decide()
        assert {loser.module: loser.rule for loser in decided.explain(0).losers}.get("story/storm") == removed


def test_every_rule_is_written_about_where_authors_read() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "modules.md").read_text(encoding="utf-8")
    told = {name for name, rule in RULES.items() if not hasattr(rule, "SKIPS")}
    assert {name for name in told if f"`{name}`" not in text} == set()
