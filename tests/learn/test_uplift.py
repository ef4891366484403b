"""Uplift: the interval holds what is true as often as it says, and counts people, not letters."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from composer.learn.uplift import LEAST, ArmSum, uplift


def summed(letters: np.ndarray, clicks: np.ndarray) -> ArmSum:
    """An arm from letters and clicks of each person."""
    got = letters > 0
    letters, clicks = letters[got].astype(int), clicks[got].astype(int)
    sums = (len(letters), letters.sum(), clicks.sum(), (letters**2).sum(), (letters * clicks).sum(), (clicks**2).sum())
    return ArmSum(*map(int, sums))


def readers(draw: np.random.Generator, people: int, usual: float) -> ArmSum:  # noqa: TID251 - a seeded stream: the test is about many draws
    """People who click at rates of their own, in eight letters, some of whom leave early."""
    letters = np.where(draw.random(people) < 0.2, draw.integers(1, 8, people), 8)
    return summed(letters, draw.poisson(letters * draw.gamma(0.8, usual / 0.8, people)))


def test_the_interval_covers_no_difference_where_there_is_none_although_people_differ() -> None:
    draw = np.random.default_rng(4)  # noqa: TID251
    covered = narrow = 0
    for _ in range(600):
        personal, holdout = readers(draw, 320, 0.3), readers(draw, 80, 0.3)
        found = uplift(personal, holdout)
        assert found is not None
        covered += found.low <= 0 <= found.high
        # What the same letters would give if each were a person of its own, each with the clicks of a Poisson draw.
        half = 1.96 * np.sqrt(personal.mean / personal.letters + holdout.mean / holdout.letters)
        narrow += abs(found.difference) <= half
    assert covered / 600 >= 0.92
    assert narrow / 600 < 0.8, "letters of one person are not independent: the test must be able to tell"


def test_with_one_letter_each_it_is_the_variance_of_a_mean() -> None:
    clicks = np.array([0, 0, 1, 3, 0, 2, 1, 0])
    arm = summed(np.ones(8), clicks)
    assert arm.variance_of_mean == pytest.approx(clicks.var(ddof=1) / 8)


def test_letters_told_twice_over_make_nothing_surer() -> None:
    letters, clicks = np.tile([4, 2, 3, 1], 20), np.tile([2, 0, 3, 1], 20)
    once, twice = summed(letters, clicks), summed(2 * letters, 2 * clicks)
    assert once.mean == twice.mean
    assert once.variance_of_mean == pytest.approx(twice.variance_of_mean)


def test_everybody_alike_is_certain_and_exactly_so() -> None:
    assert summed(np.full(40, 7), np.full(40, 3)).variance_of_mean == 0


def test_too_few_people_are_not_compared_however_many_letters_they_got() -> None:
    many, few = summed(np.full(LEAST, 9), np.ones(LEAST)), summed(np.full(LEAST - 1, 900), np.ones(LEAST - 1))
    assert uplift(many, few) is None
    assert uplift(few, many) is None
    assert uplift(many, many) is not None


def test_of_nobody_nothing_is_known() -> None:
    nobody = ArmSum(0, 0, 0, 0, 0, 0)
    assert astuple(nobody)[:1] == (0,)
    assert nobody.mean == 0
    assert nobody.variance_of_mean == float("inf")
