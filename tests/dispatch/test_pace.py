"""Pacing keeps to its rate whatever the pattern of asking."""

from __future__ import annotations

from math import ulp

from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.pace import burst, moment, spent


def most(moments: list[float], rate: float) -> None:
    """Fail where some span of time holds more letters than the rate allows."""
    left = sorted(moments)
    for first, start in enumerate(left):
        for last in range(first, len(left)):
            assert last - first + 1 <= burst(rate) + rate * (left[last] - start) + 1e-6 * (1 + rate)


@given(st.floats(0.1, 500), st.lists(st.floats(-3, 3), min_size=1, max_size=80))
def test_no_span_of_time_holds_more_letters_than_the_rate_allows_though_the_clock_goes_back_and_forth(
    rate: float, steps: list[float]
) -> None:
    clock, free_at, left = 1_000.0, 0.0, []
    for step in steps:
        clock += step
        at, free_at = moment(free_at, rate, clock)
        assert at >= clock
        left.append(at)
    most(left, rate)


@given(st.floats(0.1, 500), st.floats(0, 1e9))
def test_after_a_quiet_time_a_second_of_letters_leaves_at_once_and_the_next_waits(rate: float, now: float) -> None:
    free_at = 0.0
    for _ in range(int(burst(rate))):
        at, free_at = moment(free_at, rate, now)
        assert at - now < 1e-6 + burst(rate) * ulp(now)  # one rounding a letter
    for _ in range(2):
        at, free_at = moment(free_at, rate, now)
    assert at > now


@given(st.floats(0.1, 500), st.floats(0, 1e6))
def test_a_spent_bucket_makes_the_next_letter_wait_a_whole_interval(rate: float, now: float) -> None:
    assert abs(moment(spent(rate, now), rate, now)[0] - now - 1 / rate) < 1e-6
