"""What is remembered of a provider: it is slowed when it asks, rests when it is in trouble, and comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.pace import moment
from composer.dispatch.provider import (
    LARGE_STEP,
    SLOWEST,
    Provider,
    Said,
    at,
    connections_of,
    dump,
    in_words,
    is_idle,
    is_resting,
    learn,
    load,
    pace_of,
)
from composer.domain.manners import Growth, Rules

NOW = 1_800_000_000.0
QUIET = 600.0
RULES = Rules(back_off=timedelta(seconds=QUIET), rest_after=3, rest=timedelta(minutes=1))
PLEA = Said(returned=1, troubles=1, slow_down=True, words="421 4.7.0 slow down", rate=40.0)
FLOATS = st.floats(0, 4e9)
COUNTS = st.dictionaries(st.integers(0, 40_000), st.integers(0, 10**7), max_size=5)
RATES = st.none() | FLOATS
INTS = st.integers(0, 20)
PROVIDERS = st.builds(
    Provider,
    FLOATS,
    FLOATS,
    FLOATS,
    RATES,
    RATES,
    FLOATS,
    st.integers(0, 99),
    st.integers(0, 20),
    FLOATS,
    FLOATS,
    st.text(),
    COUNTS,
    COUNTS,
)


@given(PROVIDERS)
def test_the_stored_form_holds_everything(provider: Provider) -> None:
    assert load(dump(provider)) == provider


def test_of_a_provider_without_news_nothing_is_stored() -> None:
    assert dump(Provider()) == "{}"
    assert is_idle(Provider(), NOW)
    assert not is_idle(learn(Provider(), PLEA, RULES, NOW), NOW)


def test_who_asks_to_slow_down_gets_half_of_what_it_took_on_one_connection() -> None:
    p = learn(Provider(), PLEA, RULES, NOW)
    assert pace_of(p, RULES) == 20.0
    assert connections_of(p, RULES, NOW) == 1
    assert moment(p.free_at, 20.0, NOW)[0] > NOW
    words, until = in_words(p, RULES, NOW)
    assert words == "slowed to 20/s of 40/s, as it asked: 421 4.7.0 slow down"
    assert until == NOW + QUIET


def test_pleas_that_meet_each_other_slow_once_and_later_ones_again() -> None:
    p = learn(learn(Provider(), PLEA, RULES, NOW), PLEA, RULES, NOW + 2)
    assert pace_of(p, RULES) == 20.0
    assert pace_of(learn(p, PLEA, RULES, NOW + 60), RULES) == 10.0


def test_it_comes_back_step_by_step_after_quiet_time_and_then_has_no_limit() -> None:
    p = learn(Provider(), PLEA, RULES, NOW)
    rates = [pace_of(at(p, RULES, NOW + n * QUIET + 1), RULES) for n in range(5)]
    assert rates == [20.0, 25.0, 30.0, 35.0, None]
    assert connections_of(at(p, RULES, NOW + 4 * QUIET + 1), RULES, NOW) is None


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=40))
def test_looking_often_brings_a_rate_back_no_faster(gaps: list[float]) -> None:
    p = learn(Provider(), PLEA, RULES, NOW)
    often, clock = p, NOW
    for gap in gaps:
        clock += gap
        often = at(often, RULES, clock)
    assert pace_of(often, RULES) == pace_of(at(p, RULES, clock), RULES)


def test_the_configured_pace_is_the_rate_that_is_halved_and_come_back_to() -> None:
    rules = Rules(pace=8.0, back_off=timedelta(seconds=QUIET))
    p = learn(Provider(), PLEA, rules, NOW)
    assert pace_of(p, rules) == 4.0
    assert pace_of(at(p, rules, NOW + 99 * QUIET), rules) == 8.0


@given(st.integers(1, 60))
def test_nobody_is_slowed_below_a_letter_a_minute(pleas: int) -> None:
    p = Provider()
    for n in range(pleas):
        p = learn(p, PLEA, RULES, NOW + 10 * n)
    assert (pace_of(p, RULES) or 0) >= SLOWEST


def test_off_means_off() -> None:
    off = Rules()
    assert pace_of(learn(Provider(), PLEA, off, NOW), off) is None
    assert not is_resting(learn(Provider(), Said(troubles=10**6), off, NOW), NOW)
    assert learn(Provider(), Said(accepted=5, passed=True), off, NOW).days == {}


def test_letters_in_a_row_in_trouble_bring_rest_one_that_passed_ends_the_row() -> None:
    trouble = Said(returned=2, troubles=2, words="451 later")
    once = learn(Provider(), trouble, RULES, NOW)
    assert not is_resting(once, NOW)
    assert not is_resting(learn(learn(once, Said(accepted=1, passed=True), RULES, NOW), trouble, RULES, NOW), NOW)
    rested = learn(once, trouble, RULES, NOW)
    assert rested.rest_until == NOW + 60
    assert in_words(rested, RULES, NOW) == ("rests after trouble: 451 later", NOW + 60)


def test_each_letter_sent_to_see_that_meets_trouble_doubles_the_rest_up_to_sixteen_of_them() -> None:
    p, clock, rests = learn(Provider(), Said(troubles=3), RULES, NOW), NOW, []
    for _ in range(9):
        rests.append(p.rest_until - clock)
        clock = p.rest_until + 1
        assert connections_of(p, RULES, clock) == 1
        p = learn(p, Said(troubles=1), RULES, clock)
    assert rests == [60, 120, 240, 480, 960, 960, 960, 960, 960]
    p = learn(p, Said(accepted=1, passed=True), RULES, p.rest_until + 1)
    assert (p.rests, p.rest_until, connections_of(p, RULES, p.rest_until + 2)) == (0, 0.0, None)


def test_letters_that_were_under_way_when_the_rest_began_do_not_lengthen_it() -> None:
    p = learn(Provider(), Said(troubles=3), RULES, NOW)
    assert learn(p, Said(troubles=3), RULES, NOW + 5).rest_until == p.rest_until


@given(st.floats(LARGE_STEP + 1, 3e8))
def test_a_clock_that_goes_far_back_takes_rest_and_slowness_with_it(back: float) -> None:
    p = at(learn(Provider(), Said(troubles=3, slow_down=True, rate=9.0), RULES, NOW), RULES, NOW)
    moved = at(p, RULES, NOW - back)
    assert abs(moved.rest_until - (p.rest_until - back)) < 1e-3
    assert pace_of(moved, RULES) == pace_of(p, RULES)
    assert abs(moved.slowed_at - (p.slowed_at - back)) < 1e-3


@given(st.dictionaries(st.integers(int(NOW // 86400) - 5, int(NOW // 86400) + 5), st.integers(1, 50), min_size=1), st.integers(1, 9))
def test_what_was_counted_on_days_to_come_counts_today_when_the_clock_goes_back(days: Any, back: int) -> None:
    p = Provider(seen_at=NOW, days=days)
    moved = at(p, Rules(warm_up=(5,), growth=Growth(2, 5)), NOW - back * 86400)
    assert sum(moved.days.values()) == sum(days.values())
    assert max(moved.days) <= max(int(NOW // 86400) - back, min(days))


def test_gmails_stop_is_kept_for_ten_minutes_whatever_was_under_way() -> None:
    stop = Said(returned=1, slow_down=True, words="421 4.7.28 too much at once", rate=40.0)
    p = learn(Provider(), stop, RULES, NOW)
    assert in_words(p, RULES, NOW) == ("stopped, as it asked: 421 4.7.28 too much at once", NOW + 600)
    p = learn(p, Said(accepted=3, passed=True), RULES, NOW + 1)
    assert is_resting(p, NOW + 599)
    assert not is_resting(p, NOW + 600)
    assert connections_of(p, RULES, NOW + 600) == 1
