"""Thank-you letters: after a purchase, for a while, and never to somebody who sent the thing back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from composer.decide.eligibility.bought_within import allows
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from tests.decide._worlds import LETTER, NOW, blank, module, world

MONTH = timedelta(days=30)
LIBRARY = Library(
    (
        module("loyalty/any", bought_within=MONTH),
        module("story/plain", interests=("category:Reports",)),
        module("thanks/planning", bought_within=MONTH, interests=("category:Planning", "product:p-1")),
    ),
    {"newsletter": LETTER},
    "thanks",
)
ANY, PLAIN, PLANNING = range(3)


def of_interest(name: str, days: float) -> np.ndarray:
    return np.array([[days if interest == name else np.inf for interest in LIBRARY.interests]], dtype=np.float32)


def days(value: float) -> np.ndarray:
    return np.array([value], dtype=np.float32)


def allowed(**columns: Any) -> list[bool]:
    return allows(replace(blank(LIBRARY), **columns), LIBRARY, Moment(NOW, NOW, "thanks"))[0].tolist()


def test_who_bought_nothing_is_not_thanked() -> None:
    assert allowed() == [False, True, False]


@pytest.mark.parametrize(("age", "thanked"), [(0, True), (30, True), (30.5, False)])
def test_a_purchase_of_an_interest_counts_for_so_long(age: float, thanked: bool) -> None:
    assert allowed(bought_age=of_interest("product:p-1", age), ordered_age=days(age)) == [thanked, True, thanked]


def test_a_purchase_of_something_else_is_thanked_for_in_general_only() -> None:
    assert allowed(bought_age=of_interest("category:Reports", 3), ordered_age=days(3)) == [True, True, False]
    assert allowed(ordered_age=days(3)) == [True, True, False]


@pytest.mark.parametrize("sorry", [0, 2, 9, 30])
def test_a_return_or_complaint_about_it_forbids_the_thanks(sorry: float) -> None:
    bought = {"bought_age": of_interest("category:Planning", 5), "ordered_age": days(5)}
    assert allowed(**bought) == [True, True, True]
    returned = {"returned_age": of_interest("product:p-1", sorry), "complained_age": days(sorry)}
    assert allowed(**bought, **returned) == [False, True, False]


def test_an_old_complaint_or_one_about_something_else_does_not() -> None:
    bought = {"bought_age": of_interest("category:Planning", 5), "ordered_age": days(5)}
    assert allowed(**bought, returned_age=of_interest("category:Planning", 200), complained_age=days(200)) == [True, True, True]
    assert allowed(**bought, returned_age=of_interest("category:Reports", 2), complained_age=days(2)) == [False, True, True]


def test_what_is_for_buyers_is_not_kept_away_as_owned() -> None:
    library = replace(LIBRARY, modules=(module("thanks/planning", bought_within=MONTH, interests=("category:Planning",)),))
    person = replace(blank(library), bought_age=np.array([[5.0]], dtype=np.float32), ordered_age=days(5))
    assert library.modules[0].owned_for is None
    assert world(person, library).decide().candidates.allowed.tolist() == [[True]]


def test_below_standard_no_purchase_is_known_and_nobody_is_thanked() -> None:
    person = replace(blank(LIBRARY), bought_age=of_interest("category:Planning", 5), ordered_age=days(5))
    for level in Level:
        decided = world(replace(person, level=np.array([level], dtype=np.int8)), LIBRARY).decide()
        assert decided.candidates.allowed[0].tolist() == [level >= Level.standard, True, level >= Level.standard]
