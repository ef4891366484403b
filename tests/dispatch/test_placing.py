"""Letters get a moment close by or stand in line; no provider gets more than its pace, over restarts and steps of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.pace import burst
from composer.dispatch.placing import HORIZON, LONGEST_LINE, ROOM, place
from composer.dispatch.provider import LARGE_STEP, Provider, Said, dump, learn, load, unused
from composer.domain.manners import Growth, Rules

NOW = 1_800_000_000.0
ROUGH = 0.02
"""Letters by which a count may be off: times of this size are a quarter of a microsecond apart."""
RATES = st.floats(0.2, 200)


def run_out(rules: Rules, letters: int, steps: list[float], provider: Provider | None = None) -> list[float]:
    """Claim what is due, again and again as the clock moves by `steps`, with a restart in between each time; return when letters left."""
    p, clock, left = provider or Provider(), NOW, []
    due = [(NOW, False)] * letters
    for step in steps:
        clock += step
        claimed = sorted(letter for letter in due if letter[0] <= clock)
        placed = place(load(dump(p)), rules, clock, [waited for _, waited in claimed])
        p = placed.provider
        left += [at for at in placed.go if at is not None]
        due = [letter for letter in due if letter[0] > clock]
        due += [(back, True) for at, back in zip(placed.go, placed.back, strict=True) if at is None]
    return left


@given(RATES, st.integers(1, 200), st.lists(st.floats(0, 40), min_size=1, max_size=30))
def test_no_span_holds_more_than_the_pace_allows_however_often_the_outbox_is_looked_into(
    rate: float, letters: int, steps: list[float]
) -> None:
    left = sorted(run_out(Rules(pace=rate), letters, steps))
    for first, start in enumerate(left):
        for last in range(first, len(left)):
            assert (
                last - first + 1 <= burst(rate) + rate * (left[last] - start) + 0.02
            )  # floats of this size are a quarter of a microsecond apart


@given(RATES, st.integers(1, 60), st.lists(st.floats(-50, 40), min_size=1, max_size=30))
def test_small_steps_back_of_the_clock_give_no_letters(rate: float, letters: int, steps: list[float]) -> None:
    left = sorted(run_out(Rules(pace=rate), letters, steps))
    for first, start in enumerate(left):
        for last in range(first, len(left)):
            assert (
                last - first + 1 <= burst(rate) + rate * (left[last] - start) + 0.02
            )  # floats of this size are a quarter of a microsecond apart


@given(RATES, st.integers(1, 300), st.floats(LARGE_STEP + 1, 400 * 86400.0))
def test_a_clock_that_goes_far_back_neither_stalls_a_provider_nor_gives_it_letters(rate: float, letters: int, back: float) -> None:
    rules = Rules(pace=rate, warm_up=(10**6,))
    ahead = place(Provider(), rules, NOW, [False] * letters)
    same = place(ahead.provider, rules, NOW, [True] * 3)
    stepped = place(ahead.provider, rules, NOW - back, [True] * 3)
    for one, other in zip((*same.go, *same.back), (*stepped.go, *stepped.back), strict=True):
        assert (one is None) == (other is None)
        assert one is None or other is None or not one or abs(one - other - back) < 1e-3


@given(RATES, st.integers(1, 400))
def test_what_is_put_back_is_due_one_after_another_behind_what_leaves(rate: float, letters: int) -> None:
    placed = place(Provider(), Rules(pace=rate), NOW, [False] * letters)
    back = [b for at, b in zip(placed.go, placed.back, strict=True) if at is None]
    assert all(at is None or NOW <= at <= NOW + HORIZON for at in placed.go)
    assert all(b > NOW for b in back)
    assert all(abs(later - earlier - 1 / rate) < 1e-3 for earlier, later in pairwise(back))
    again = place(placed.provider, Rules(pace=rate), NOW, [False])
    assert again.go != [None] or again.back[0] >= max(back, default=NOW)


@given(st.floats(0.5, 20), st.integers(50, 400))
def test_a_line_is_worked_off_at_its_pace_and_each_letter_is_looked_at_about_twice(rate: float, letters: int) -> None:
    rules, p, looks, left = Rules(pace=rate), Provider(), 0, 0
    due, clock = [(NOW, False)] * letters, NOW
    while due:
        claimed = sorted(letter for letter in due if letter[0] <= clock)
        due = [letter for letter in due if letter[0] > clock]
        placed = place(p, rules, clock, [waited for _, waited in claimed])
        p, looks, left = placed.provider, looks + len(claimed), left + sum(at is not None for at in placed.go)
        due += [(back, True) for at, back in zip(placed.go, placed.back, strict=True) if at is None]
        clock += 5
    assert left == letters
    assert clock - NOW <= letters / rate + 3 * HORIZON
    assert looks <= 2.5 * letters


def test_new_letters_do_not_overtake_those_in_line() -> None:
    placed = place(Provider(), Rules(pace=1), NOW, [False] * 100)
    assert place(placed.provider, Rules(pace=1), NOW + 20, [False, True]).go[0] is None
    assert place(placed.provider, Rules(pace=1), NOW + 20, [False, True]).go[1] is not None


def test_without_rules_every_letter_leaves_now_and_nothing_is_remembered() -> None:
    placed = place(Provider(), Rules(), NOW, [False] * 500)
    assert set(placed.go) == {NOW}
    assert replace(placed.provider, seen_at=0.0) == Provider()


def test_a_provider_with_a_limit_of_connections_gets_only_what_a_run_can_hold() -> None:
    placed = place(Provider(), Rules(connections=2), NOW, [False] * 500, held=ROOM - 50)
    assert sum(at is not None for at in placed.go) == 50
    assert min(b for b in placed.back if b) > NOW


def test_a_resting_provider_gets_nothing_then_one_worker_sends_to_see() -> None:
    rules = Rules(rest_after=2, rest=timedelta(minutes=1))
    p = learn(Provider(), Said(troubles=2, words="451 4.3.2 later"), rules, NOW)
    assert place(p, rules, NOW + 59, [False]).back == [NOW + 60]
    first = place(p, rules, NOW + 61, [True, True])
    assert first.go == [NOW + 61, NOW + 61]
    assert place(first.provider, rules, NOW + 62, [True]).go == [None]
    assert place(first.provider, rules, NOW + 62, [True], held=2).go == [NOW + 62]
    assert place(learn(first.provider, Said(accepted=1, passed=True), rules, NOW + 63), rules, NOW + 63, [True]).go == [NOW + 63]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.floats(0, 30_000)), min_size=1, max_size=30))
def test_no_day_gets_more_than_the_plan_allows_by_what_was_accepted(claims: list[tuple[int, int, float]]) -> None:
    plan = (20, 40, 80)
    rules, p, clock, accepted = Rules(warm_up=plan), Provider(), NOW, dict[int, int]()
    for letters, failed, gap in claims:
        clock += gap
        placed = place(load(dump(p)), rules, clock, [False] * letters)
        gone = sum(at is not None for at in placed.go)
        failed = min(failed, gone)
        p = learn(placed.provider, Said(accepted=gone - failed, returned=failed, passed=True), rules, clock)
        day = int(clock // 86400)
        accepted[day] = accepted.get(day, 0) + gone - failed
        done = sum(2 * n >= plan[0] for d, n in accepted.items() if d < day)
        if done < len(plan):
            assert accepted[day] <= plan[done]
        assert all(b == 0 or b == (day + 1) * 86400 for b in placed.back)


def test_the_warm_up_goes_on_only_after_a_day_that_used_half_of_it_and_ends_without_a_limit() -> None:
    rules = Rules(warm_up=(10, 20))
    day = NOW // 86400 * 86400

    def gone(p: Provider, at: float) -> int:
        return sum(at is not None for at in place(p, rules, at, [False] * 100).go)

    p = learn(Provider(), Said(accepted=4, passed=True), rules, day)
    assert gone(p, day + 86400) == 10
    p = learn(p, Said(accepted=5, passed=True), rules, day + 86400)
    assert gone(p, day + 2 * 86400) == 20
    p = learn(p, Said(accepted=20, passed=True), rules, day + 2 * 86400)
    assert gone(p, day + 3 * 86400) == 100


def test_growth_holds_a_day_to_so_many_times_the_best_of_the_days_before() -> None:
    rules = Rules(growth=Growth(2, 7))
    day = NOW // 86400 * 86400
    p = learn(Provider(), Said(accepted=900, passed=True), rules, day)
    assert sum(at is not None for at in place(p, rules, day + 86400, [False] * 3000).go) == 1800
    assert sum(at is not None for at in place(p, rules, day + 8 * 86400, [False] * 3000).go) == 1000
    later = place(p, rules, day + 86400, [False] * 3000).provider
    assert sum(at is not None for at in place(later, rules, day + 86400 + 5, [False] * 10).go) == 0


@given(st.booleans())
def test_those_in_line_of_a_slowed_provider_come_again_soon_for_it_may_be_faster_by_then(stopped: bool) -> None:
    rules = Rules(back_off=timedelta(minutes=1))
    said = Said(returned=1, slow_down=True, words="421 4.7.28" if stopped else "421 4.7.0", rate=2.0)
    p = learn(Provider(), said, rules, NOW)
    placed = place(p, rules, NOW + 1, [False] * 50_000)
    assert max(placed.back) <= NOW + 1 + 600 * stopped + LONGEST_LINE
    assert sum(at is not None for at in place(placed.provider, rules, NOW + 7200, [True] * 500).go) == 500


@given(RATES, st.integers(1, 60), st.integers(0, 60))
def test_moments_that_nobody_uses_are_given_to_the_next_and_no_more_than_those(rate: float, letters: int, back: int) -> None:
    rules = Rules(pace=rate)
    placed = place(Provider(free_at=NOW + burst(rate) / rate), rules, NOW, [False] * letters)
    promised = [at for at in placed.go if at is not None]
    kept = promised[: max(0, len(promised) - back)]
    again = place(unused(placed.provider, rules, len(promised) - len(kept), NOW), rules, NOW, [True] * 60)
    both = sorted([*kept, *(at for at in again.go if at is not None)])
    assert not promised or kept or both[0] <= promised[0] + 1 / rate + 1e-3, "the next one waits behind nobody"
    for first, start in enumerate(both):
        for last in range(first, len(both)):
            assert last - first + 1 <= burst(rate) + rate * (both[last] - start) + ROUGH
