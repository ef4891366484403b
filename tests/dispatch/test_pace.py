"""Pacing keeps to its rate whatever the pattern of asking."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.pace import burst, full, take


@given(st.floats(0.1, 500), st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_no_span_of_time_holds_more_letters_than_the_rate_allows(rate: float, gaps: list[float]) -> None:
    bucket, clock, left = full(rate, 0.0), 0.0, []
    for gap in gaps:
        clock += gap
        bucket, wait = take(bucket, rate, clock)
        left.append(clock + wait)
    for first, start in enumerate(left):
        for last in range(first, len(left)):
            assert last - first + 1 <= burst(rate) + rate * (left[last] - start) + 1e-6 * (1 + rate)


@given(st.floats(0.1, 500))
def test_the_first_letter_never_waits(rate: float) -> None:
    assert take(full(rate, 5.0), rate, 5.0)[1] == 0.0


def test_a_clock_that_steps_back_adds_no_letters() -> None:
    bucket, _ = take(full(1.0, 10.0), 1.0, 10.0)
    again, wait = take(bucket, 1.0, 3.0)
    assert wait == 1.0
    assert again.at == 10.0
