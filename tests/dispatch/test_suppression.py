"""Soft bounces: one success clears them, more of them never help, and patience is both a number and a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.suppression import is_given_up
from composer.domain.patience import Patience, patience

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
FIVE = Patience(5, 14 * DAY)
Moments = list[datetime]
moments = st.lists(st.integers(0, 60).map(lambda day: START + day * DAY), max_size=12)
patiences = st.builds(Patience, st.integers(1, 8), st.integers(1, 30).map(lambda days: days * DAY))


def days(*numbers: int) -> list[datetime]:
    return [START + number * DAY for number in numbers]


@pytest.mark.parametrize(
    ("failures", "successes", "given_up"),
    [
        (days(0, 7, 14, 21, 28), [], True),
        (days(0, 7, 14, 21), [], False),
        (days(0, 1, 2, 3, 4, 5, 6), [], False),
        (days(0, 1, 2, 3, 14), [], True),
        (days(0, 7, 14, 21, 28), days(10), False),
        (days(0, 7, 14, 21, 28, 35), days(3), True),
        (days(0, 7, 14, 21, 28), days(28), False),
        ([], [], False),
    ],
)
def test_five_in_a_row_over_fourteen_days(failures: Moments, successes: Moments, given_up: bool) -> None:
    assert is_given_up(failures, successes, FIVE) is given_up
    assert is_given_up(failures, successes, None) is False


@given(moments, moments, patiences)
def test_a_success_after_all_failures_clears_them(failures: Moments, successes: Moments, bears: Patience) -> None:
    assert not is_given_up(failures, [*successes, START + 61 * DAY], bears)


@given(moments, moments, moments, patiences)
def test_more_failures_never_save_an_address(failures: Moments, more: Moments, successes: Moments, bears: Patience) -> None:
    if is_given_up(failures, successes, bears):
        assert is_given_up([*failures, *more], successes, bears)


@given(moments, moments, patiences)
def test_order_does_not_matter_and_less_patience_never_saves(failures: Moments, successes: Moments, bears: Patience) -> None:
    verdict = is_given_up(failures, successes, bears)
    assert is_given_up(sorted(failures), sorted(successes), bears) is verdict
    if verdict:
        assert is_given_up(failures, successes, Patience(max(1, bears.failures - 1), bears.span / 2))


def test_patience_is_written_in_words() -> None:
    assert patience("5 over 14d") == FIVE
    assert patience(FIVE) is FIVE
    for text in ("5", "0 over 3d", "five over 3d", "5 over 3", "5 in 14d", "5 over 99999d", ""):
        with pytest.raises(ValueError):
            patience(text)
