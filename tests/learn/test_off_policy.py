"""Off-policy estimates: right on average by design, honest about what they cannot know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.learn.off_policy import OTHER, Estimate, Refusal, base_of, doubly_robust, evaluate, probabilities
from composer.learn.off_policy_model import RIDGE, foresee, logistic, sigmoid
from tests.learn._logs import every_outcome, letters, sent

RATES = np.full((3, 7), 0.2) * np.array([1, 0.8, 0.6])[:, None]


@st.composite
def designs(pick: Any) -> tuple[float, list[bool], int, int]:
    is_open = pick(st.lists(st.booleans(), min_size=1, max_size=4).filter(any))
    return pick(st.floats(0.01, 0.9)), is_open, pick(st.integers(1, 4)), pick(st.integers(0, 2))


@given(designs())
def test_the_probabilities_at_every_place_sum_to_one_and_are_those_of_the_whole_design(case: tuple[float, list[bool], int, int]) -> None:
    epsilon, is_open, pool, missing = case
    log, chance = every_outcome(epsilon, is_open, pool, missing)
    places = len(is_open)
    assert chance.sum() == pytest.approx(1, abs=1e-12)
    for k in range(places):
        marginal = [chance[log.shown[:, k] == column].sum() for column in range(places + pool)]
        said = []
        for column in range(places + pool):
            slate = base_of(log).copy()
            slate[:, k] = column
            said.append(float(probabilities(log, slate)[0, k]))
        assert said == pytest.approx(marginal, abs=1e-12)
        assert sum(said) == pytest.approx(1, abs=1e-12)


@given(designs(), st.randoms(use_true_random=False))
def test_the_estimate_is_the_target_value_on_average_whatever_the_model_says(case: tuple[float, list[bool], int, int], random: Any) -> None:
    """Over every slate the design can send and every pattern of clicks: exactly the value, for any q."""
    epsilon, is_open, pool, missing = case
    log, chance = every_outcome(epsilon, is_open, pool, missing)
    places = len(is_open)
    rate = np.array([[random.random() for _ in range(places + pool)] for _ in range(places)])
    model = np.array([[random.uniform(-3, 3) for _ in range(places + pool)] for _ in range(places)])
    target = np.array([random.choice([k, *range(places, places + pool)]) if is_open[k] else k for k in range(places)])
    slate, at = np.tile(target, (len(chance), 1)), np.arange(places)
    expected = 0.0
    for pattern in range(2**places):
        clicked = np.tile([bool(pattern >> k & 1) for k in range(places)], (len(chance), 1))
        clicks = rate[at[None, :], log.shown]
        likely = np.where(clicked, clicks, 1 - clicks).prod(axis=1)
        parts = doubly_robust(replace(log, clicked=clicked), slate, np.tile(model[at, target], (len(chance), 1)))
        expected += float((chance * likely * (parts[0] + parts[1]).sum(axis=1)).sum())
    assert expected == pytest.approx(rate[at, target].sum(), abs=1e-9)


def test_nobody_is_foreseen_by_a_model_that_has_seen_their_own_clicks() -> None:
    log = sent(1000, 0.5, RATES, each=4)
    other = log.recipient == 17
    changed = replace(log, clicked=np.where(other[:, None], ~log.clicked, log.clicked))
    (before,), (after,) = foresee(log, base_of(log)), foresee(changed, base_of(log))
    assert np.array_equal(before[other], after[other])
    assert not np.array_equal(before, after)


def test_the_model_learns_signals_places_modules_and_what_comes_from_the_pool() -> None:
    rates = RATES.copy()
    rates[:, 5] *= 3
    log = sent(20_000, 0.9, rates)
    for place in range(3):
        for column in (place, 5, 6):
            (foreseen,) = foresee(log, target(log, place, column))
            assert foreseen[:, place].mean() == pytest.approx(rates[place, column], abs=0.05)
    empty = base_of(log).copy()
    empty[:, 1] = -1
    assert (foresee(log, empty)[0][:, 1] == 0).all()


@given(st.sampled_from(["all", "none", "odd"]), st.floats(-50, 50))
def test_whatever_was_clicked_the_model_stays_finite(clicks: str, value: float) -> None:
    n = 60
    design = np.stack([np.ones(n), np.full(n, value), np.arange(n) % 2], axis=1)
    clicked = {"all": np.ones(n, dtype=bool), "none": np.zeros(n, dtype=bool), "odd": np.arange(n) % 2 == 1}[clicks]
    found = logistic(design, clicked)
    assert np.isfinite(found).all()
    gradient = design.T @ (clicked - sigmoid(design @ found)) - np.array([1e-2, RIDGE, RIDGE]) * found
    assert np.abs(gradient).max() < 1e-2


def target(log: Any, place: int = 1, column: int = 4) -> Any:
    slate = base_of(log).copy()
    slate[:, place] = column
    return slate


def test_a_better_block_is_found_better_a_worse_one_worse_and_equals_cannot_be_told_apart() -> None:
    rates = RATES.copy()
    rates[1, 4:] = [0.6, 0.16, 0.01]
    log = sent(6000, 0.8, rates, each=3)
    says = {column: evaluate(log, target(log, 1, column)) for column in (4, 5, 6)}
    assert [one.says for one in says.values() if isinstance(one, Estimate)] == ["better", "cannot tell", "worse"]
    for column, found in says.items():
        true = rates[0, 0] + rates[1, column] + rates[2, 2]
        assert found.low < true < found.high
        assert found.difference_low < rates[1, column] - rates[1, 1] < found.difference_high
        assert found.self_normalised == pytest.approx(found.value, abs=0.05)


def test_the_base_slate_itself_is_the_same_as_itself() -> None:
    log = sent(2000, 0.5, RATES)
    found = evaluate(log, base_of(log))
    assert isinstance(found, Estimate)
    assert (found.says, found.difference, found.difference_low, found.difference_high) == ("same", 0, 0, 0)
    assert found.value == pytest.approx(found.base)
    assert found.low < RATES[np.arange(3), np.arange(3)].sum() < found.high


def test_clicks_on_what_the_policy_would_not_show_do_not_matter_without_a_model() -> None:
    log = sent(2000, 0.5, RATES)
    other = replace(log, clicked=log.clicked ^ (log.shown == 5))
    slate = target(log)
    assert np.array_equal(*(sum(doubly_robust(one, slate, np.zeros(slate.shape))) for one in (log, other)))


@pytest.mark.parametrize(("place", "column"), [(0, OTHER), (0, 1), (2, 0), (1, -1)])
def test_what_exploration_could_not_have_shown_there_is_refused(place: int, column: int) -> None:
    log = sent(3000, 0.5, RATES)
    slate = base_of(log).copy()
    slate[7, place] = column  # one letter of three thousand is enough
    found = evaluate(log, slate)
    assert isinstance(found, Refusal)
    assert f"in 1 letters it would show what exploration could not have shown there (position {place + 1})" in found.why


@pytest.mark.parametrize("how", ["closed", "no exploration"])
def test_a_place_that_was_never_explored_is_refused(how: str) -> None:
    log = sent(3000, 0.5, RATES)
    if how == "closed":
        log = replace(log, open=np.tile([True, False, True], (3000, 1)))
    else:
        log = replace(log, epsilon=np.zeros(3000), shown=base_of(log))
    assert isinstance(evaluate(log, target(log)), Refusal)
    assert isinstance(evaluate(log, base_of(log)), Estimate)


def test_an_empty_place_in_the_pool_has_no_support() -> None:
    log = sent(3000, 0.5, RATES)
    module = log.module.copy()
    module[:, 6] = -1
    assert isinstance(evaluate(replace(log, module=module), target(log, 1, 6)), Refusal)


def test_few_letters_are_enough_where_nothing_is_changed() -> None:
    log = sent(34, 0.5, RATES)
    assert isinstance(evaluate(log, base_of(log)), Estimate)


def test_what_is_counted_and_what_is_compared_with_what() -> None:
    log = sent(6000, 0.5, RATES, each=3)
    found = evaluate(log, target(log))
    assert isinstance(found, Estimate)
    matched = log.shown[:, 1] == 4
    assert (found.shown, found.clicks) == (matched.sum(), log.clicked[matched, 1].sum())
    assert found.difference == pytest.approx(found.value - found.base, abs=1e-12)
    assert found.sent == log.clicked.sum() / 6000
    assert found.changed == (0, 1, 0)
    assert found.effective == pytest.approx([6000 * (1 - 0.5 / 3), 6000 * 0.5 / 12, 6000 * (1 - 0.5 / 3)])


def test_too_few_letters_for_a_place_are_refused_with_their_number() -> None:
    log = sent(300, 0.1, RATES)
    found = evaluate(log, target(log))
    assert isinstance(found, Refusal)
    assert "position 2" in found.why
    assert found.effective[1] < 30 < found.effective[0]


def test_too_few_people_are_refused() -> None:
    log = sent(3000, 0.9, RATES, each=200)
    assert isinstance(evaluate(log, target(log)), Refusal)


def test_letters_of_different_lengths_are_judged_together() -> None:
    log = sent(3000, 0.5, RATES)
    short = np.arange(3000) % 2 == 0
    module, is_open, shown, clicked = (getattr(log, name).copy() for name in ("module", "open", "shown", "clicked"))
    module[short, 2], is_open[short, 2] = -1, False
    shown[short, 2], clicked[short, 2] = -1, False
    log = replace(log, module=module, open=is_open, shown=shown, clicked=clicked)
    slate = np.where(base_of(log) >= 0, target(log), -1)
    found = evaluate(log, slate)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0.2 + 0.16 + 0.06, abs=0.09)


def test_the_order_of_the_letters_is_of_no_account() -> None:
    log = sent(2000, 0.5, RATES, each=4)
    turned = np.arange(2000)[::-1]
    columns = {
        name: getattr(log, name)[turned] for name in ("recipient", "epsilon", "module", "open", "shown", "clicked", "values", "per_group")
    }
    one, other = evaluate(log, target(log)), evaluate(replace(log, **columns), target(log))
    assert isinstance(one, Estimate)
    assert isinstance(other, Estimate)
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-9)


def test_without_a_single_click_the_interval_does_not_close() -> None:
    log = sent(4000, 0.5, np.zeros((3, 7)))
    found = evaluate(log, target(log))
    assert isinstance(found, Estimate)
    assert found.clicks == 0
    assert found.high > 3 / found.shown  # the rule of three for a rate of which no event was seen


def test_a_letter_with_nothing_in_it_harms_nothing() -> None:
    log = letters(np.zeros(40), np.full((40, 2), -1), np.zeros((40, 1), dtype=bool), np.full((40, 1), -1), np.zeros((40, 1), dtype=bool))
    found = evaluate(replace(log, modules=("m",)), base_of(log))
    assert isinstance(found, Estimate)
    assert found.value == 0
