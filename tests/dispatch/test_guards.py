"""Guards halt at their limits, and small numbers alone halt nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.guards import FEWEST_BOUNCES, FEWEST_COMPLAINTS, Counts, enough, is_warning, lower_bound, objection
from composer.domain.campaign import Guards


@pytest.mark.parametrize(
    ("counts", "halts"),
    [
        (Counts(accepted=100, complaints=1), False),
        (Counts(accepted=100, complaints=2), False),
        (Counts(accepted=100, complaints=3), True),
        (Counts(accepted=1000, complaints=3), True),
        (Counts(accepted=1001, complaints=3), False),
        (Counts(accepted=100_000, complaints=299), False),
        (Counts(accepted=100_000, complaints=300), True),
        (Counts(tried=20, bounces=19), False),
        (Counts(tried=100, bounces=20), True),
        (Counts(tried=150, bounces=20), False),
        (Counts(tried=10_000, bounces=1_000), False),
        (Counts(tried=10_000, bounces=1_100), True),
        (Counts(tried=5, bounces=20), False),
        (Counts(), False),
    ],
)
def test_where_a_campaign_halts(counts: Counts, halts: bool) -> None:
    assert bool(objection(Guards(), counts)) is halts
    assert objection(Guards(None, None), counts) == ""


def test_the_reason_is_one_line_with_the_figures() -> None:
    assert objection(Guards(), Counts(1000, 4)) == "guard: 4 complaints of 1000 letters (0.40%; the limit is 0.30%)"
    assert objection(Guards(), Counts(tried=100, bounces=25)) == "guard: 25 dead addresses of 100 letters (25.0%; the limit is 10.0%)"


def test_a_third_of_the_limit_is_told_of() -> None:
    assert is_warning(Guards(), Counts(accepted=3000, complaints=3))
    assert not is_warning(Guards(), Counts(accepted=3001, complaints=3))
    assert not is_warning(Guards(complaints=None), Counts(accepted=10, complaints=9))


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_the_lower_bound_is_a_share_below_the_one_that_was_seen(part: int, more: int) -> None:
    whole = part + more
    assert 0 <= lower_bound(part, whole) <= part / whole + 1e-12
    assert lower_bound(10 * part, 10 * whole) >= lower_bound(part, whole) - 1e-12


def test_the_lower_bound_by_hand() -> None:
    assert lower_bound(20, 100) == pytest.approx(0.1160, abs=2e-3)  # Wilson's interval at 99 %, worked out with another program's formula
    assert lower_bound(0, 0) == 0.0


@given(st.integers(0, FEWEST_COMPLAINTS - 1), st.integers(0, FEWEST_BOUNCES - 1), st.integers(0, 50))
def test_fewer_than_the_fewest_never_halt(complaints: int, bounces: int, letters: int) -> None:
    assert objection(Guards(1e-9, 1e-9), Counts(letters, complaints, max(letters, bounces), bounces)) == ""


@given(
    st.integers(0, 400), st.integers(0, 400), st.integers(400, 200_000), st.sampled_from([Guards(), Guards(0.01, 0.5), Guards(None, 0.02)])
)
def test_a_part_of_the_letters_clears_a_campaign_only_where_all_of_them_do(
    complaints: int, bounces: int, tried: int, guards: Guards
) -> None:
    def objects(letters: int) -> bool:
        counts = Counts(letters, complaints, letters, bounces)
        return bool(objection(guards, counts)) or is_warning(guards, counts)

    few = enough(guards, Counts(complaints=complaints, bounces=bounces))
    assert not objects(few), "it is enough"
    assert objects(min(few, tried)) or not objects(tried)
