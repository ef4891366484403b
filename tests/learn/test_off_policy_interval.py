"""The interval of an off-policy estimate, against variances written out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.learn.off_policy_interval import Parts, interval, student
from tests.learn._logs import draw


def test_the_interval_holds_where_ten_clicks_decide() -> None:
    """120 blocks shown of 4,000 asked about, one click in thirty: Wald's interval holds in fewer than nine of ten."""
    n, p, rate, held = 4000, 0.03, 0.03, 0
    for turn in range(400):
        shown = draw(n, f"shown {turn}") < p
        clicked = shown & (draw(n, f"clicked {turn}") < rate)
        foreseen = np.full(n, 0.06)  # a model that is wrong by half
        rare = np.where(shown, (clicked - foreseen) / p, 0.0)
        _, low, high = interval(Parts(np.arange(n), foreseen, rare, foreseen, np.full(n, 1 / p)))
        held += low <= rate <= high
    assert held >= 0.93 * 400


def test_the_width_is_the_designs_own() -> None:
    """Against the variance written out: of n blocks with click rate f, foreseen as q, each shown with probability p."""
    n, p, q, f = 200_000, 0.1, 0.3, 0.15
    shown = draw(n, "shown") < p
    rare = np.where(shown, ((draw(n, "clicked") < f) - q) / p, 0.0)
    point, low, high = interval(Parts(np.arange(n), np.full(n, q), rare, np.full(n, q), np.full(n, 1 / p)))
    assert point == pytest.approx(f, abs=0.01)
    exact = 1.959964 * ((f - 2 * f * q + q**2) / p / n) ** 0.5
    assert (high - low) / 2 == pytest.approx(exact, rel=0.02)
    assert high - point > point - low  # a higher rate would have a wider interval


def test_few_people_get_the_interval_of_their_means() -> None:
    steady = np.repeat([1.0, 2.0, 4.0, 5.0], 5)
    none = np.zeros(0)
    point, low, high = interval(Parts(np.repeat(np.arange(4), 5), steady, np.zeros(20), none, none))
    assert point == 3
    assert (high - low) / 2 == pytest.approx(student(3) * (10 / 3 / 4) ** 0.5)


def test_few_blocks_that_decide_widen_it() -> None:
    n, q = 1000, np.full(1000, 0.1)
    rare = np.zeros(n)
    rare[:4] = [30.0, -10.0, -10.0, -10.0]
    few = interval(Parts(np.arange(n), q, rare, q, np.full(n, 100.0)))
    variance = (100 * 0.1 * 0.8 + 100 * 0.01) * n / n**2
    growth = 100 * 0.8 / n
    t = student(3)
    assert (few[2] - few[1]) / 2 == pytest.approx((t**4 * growth**2 + 4 * t**2 * variance) ** 0.5 / 2, rel=0.01)


@pytest.mark.parametrize("steady_too", [False, True])
def test_what_one_recipient_adds_to_both_parts_is_counted_once_a_recipient(steady_too: bool) -> None:
    n, q = 4000, np.full(4000, 0.2)
    person = np.arange(n) // 20
    shown = draw(n, "shown") < 0.5
    likes = person % 2
    rare = np.where(shown, (likes - 0.2) / 0.5, 0.0)
    parts = Parts(person, q + likes * steady_too, rare, q, np.full(n, 2.0))
    alone = replace(parts, recipient=np.arange(n))
    width, narrow = (one[2] - one[1] for one in (interval(parts), interval(alone)))
    assert width > 2 * narrow
    if steady_too:
        apart = interval(replace(parts, steady=q + (person // 2 % 2)))
        assert width > 1.2 * (apart[2] - apart[1])


def test_letters_of_one_recipient_are_not_counted_as_many() -> None:
    n = 4000
    person = np.arange(n) // 20
    steady = (person % 2).astype(np.float64)
    parts = Parts(person, steady, np.zeros(n), np.zeros(0), np.zeros(0))
    alone = replace(parts, recipient=np.arange(n))
    width, narrow = (one[2] - one[1] for one in (interval(parts), interval(alone)))
    assert width == pytest.approx(narrow * 20**0.5, rel=0.05)


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 3.182), (10, 2.228), (30, 2.042), (10**9, 1.959964)])
def test_students_quantile(freedom: int, quantile: float) -> None:
    assert student(freedom) == pytest.approx(quantile, rel=0.02)
