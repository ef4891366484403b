"""Tastes in figures worked out by hand: how far a person's own rate is trusted, and what one taste adds to another."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from composer.decide.measure import log_odds
from composer.decide.rates import STRENGTH, strengths_of
from composer.domain.belief import Beliefs
from composer.domain.moment import Moment
from tests.decide._worlds import NOW, SIGNALS, blank, shop

LIBRARY = shop(4)
MOMENT = Moment(NOW, NOW, "tastes")
LIKED = Beliefs(
    {
        "affinity": {
            "usual": 0.1,
            "strength": dict.fromkeys(LIBRARY.interests, 10.0),
            "likings": {LIBRARY.interests[0]: {LIBRARY.interests[1]: 0.5}},
        }
    }
)


def _beta(a: float, b: float) -> float:
    return math.exp(math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b))


def test_how_far_people_differ_is_found_again_and_shared_a_little() -> None:
    """Strength 4 was planted in the first interest (a likeness of 1/5) and none in the second; a tenth of their mean is pooled."""
    people, days = 20_000, 20
    ways = [math.comb(days, k) for k in range(days + 1)]
    differ = [ways[k] * _beta(1.2 + k, 2.8 + days - k) / _beta(1.2, 2.8) for k in range(days + 1)]
    alike = [ways[k] * 0.3**k * 0.7 ** (days - k) for k in range(days + 1)]
    places = (np.arange(people) + 0.5) / people
    bought = np.stack([np.searchsorted(np.cumsum(chances), places) for chances in (differ, alike)], axis=1).astype(np.float64)
    strengths = strengths_of(bought, np.full(people, float(days)), np.array([0.3, 0.3]))
    assert strengths[0] == pytest.approx(1 / ((0.2 + 0.01) / 1.1) - 1, rel=0.05)
    assert strengths[1] == pytest.approx(1 / (0.01 / 1.1) - 1, rel=0.05)


def test_all_or_nothing_is_trusted_on_the_first_day_and_few_people_say_nothing() -> None:
    bought, days = np.repeat([[0.0], [10.0]], 20, axis=0), np.full(40, 10.0)
    assert strengths_of(bought, days, np.array([0.5])) == pytest.approx([1.0])
    assert strengths_of(bought[11:30], days[11:30], np.array([0.5])).tolist() == [STRENGTH]
    assert strengths_of(bought[10:30], days[10:30], np.array([0.5])) == pytest.approx([1.0])


@pytest.mark.parametrize(("bought", "days"), [(9, 30), (1, 1), (0, 0)])
def test_a_taste_moves_the_rate_that_another_is_shrunk_to(bought: int, days: int) -> None:
    counts = np.zeros((1, 4), dtype=np.float32)
    counts[0, 0] = bought
    reader = replace(blank(LIBRARY), bought=counts, order_days=np.array([days], dtype=np.float32))
    own = (bought + 10 * 0.1) / (days + 10)
    taste = np.log(own / (1 - own)) - np.log(0.1 / 0.9)
    raised = 1 / (1 + np.exp(-(np.log(0.1 / 0.9) + 0.5 * taste)))
    wanted = np.array([10 * raised / (days + 10), 10 * 0.1 / (days + 10)])
    found = SIGNALS["affinity"].value(reader, LIBRARY, MOMENT, LIKED)
    assert found[0, 1:3] == pytest.approx((log_odds(wanted) + 8) / 11, abs=1e-3)


def test_thrice_is_often_and_twice_is_not() -> None:
    counts = np.array([[3, 2, 1, 0]], dtype=np.float32)
    reader = replace(blank(LIBRARY), bought=counts, order_days=np.array([6], dtype=np.float32))
    said = [str(SIGNALS["affinity"].reason(reader, 0, LIBRARY, m, MOMENT, LIKED)) for m in range(4)]
    assert ["often" in sentence for sentence in said] == [True, False, False, False]
    assert [bool(sentence) for sentence in said] == [True, True, True, False]


@pytest.mark.parametrize(("age", "spoken"), [(7.5, True), (20.0, True), (7.25, False), (20.25, False)])
def test_it_is_time_from_three_quarters_of_a_gap_to_two(age: float, spoken: bool) -> None:
    """Five purchases ten days apart, the last of them `age` days ago."""
    first, last = (np.full((1, 4), days, dtype=np.float32) for days in (age + 40, age))
    reader = replace(blank(LIBRARY), bought=np.full((1, 4), 5, dtype=np.float32), bought_age=last, bought_first_age=first)
    assert bool(SIGNALS["due"].reason(reader, 0, LIBRARY, 0, MOMENT, LIKED)) is spoken
