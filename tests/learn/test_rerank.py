"""Re-ranking: another policy's best candidates, under the layout's rules, where the design can judge them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from composer.learn.off_policy import base_of, probabilities
from composer.learn.rerank import rerank
from tests.learn._logs import sent

RATES = np.full((3, 7), 0.2)
ALONE = np.arange(7)
TIMES = np.arange(40.0)


@given(
    arrays(np.float64, (40, 7), elements=st.sampled_from(TIMES.tolist())),
    arrays(np.int64, 7, elements=st.integers(0, 3)),
    arrays(np.bool_, (40, 3)),
)
def test_the_best_are_chosen_as_far_as_groups_allow_and_everything_has_support(scores, groups, is_open) -> None:  # type: ignore[no-untyped-def]
    log = replace(sent(40, 0.5, RATES), open=is_open, per_group=np.full(40, 3))
    slate = rerank(log, scores, groups)
    base = base_of(log)
    assert (slate[~is_open] == base[~is_open]).all()
    assert (probabilities(log, slate) > 0).all()
    for i in range(40):
        assert len(set(slate[i].tolist())) == 3
        assert np.bincount(groups[slate[i]]).max() <= 3
        left = [column for column in range(7) if column not in slate[i] and (column >= 3 or is_open[i, column])]
        for place in np.flatnonzero(is_open[i]):
            assert all(scores[i, column] <= scores[i, slate[i, place]] for column in left)
        new = [column for column in slate[i] if column >= 3]
        assert [scores[i, column] for column in new] == sorted((scores[i, column] for column in new), reverse=True)


def test_equals_change_nothing() -> None:
    log = sent(40, 0.5, RATES)
    assert np.array_equal(rerank(log, np.ones((40, 7)), ALONE), base_of(log))


def test_no_more_of_one_group_than_the_layout_allows() -> None:
    log = replace(sent(40, 0.5, RATES), per_group=np.full(40, 1))
    groups = np.array([0, 1, 2, 3, 3, 3, 4])
    slate = rerank(log, np.tile(np.arange(7.0), (40, 1)), groups)
    assert slate[0].tolist() == [6, 5, 2]  # the best of group 3 only; what stays keeps its place


def test_a_pinned_block_counts_for_its_group() -> None:
    log = replace(sent(40, 0.5, RATES), per_group=np.full(40, 1), open=np.tile([False, True, True], (40, 1)))
    groups = np.array([3, 1, 2, 3, 3, 3, 3])
    slate = rerank(log, np.tile(np.arange(7.0), (40, 1)), groups)
    assert slate[0].tolist() == [0, 1, 2]


def test_empty_columns_are_never_chosen() -> None:
    log = sent(40, 0.5, RATES)
    module = log.module.copy()
    module[:, 5:] = -1
    slate = rerank(replace(log, module=module), np.tile(np.arange(7.0), (40, 1)), ALONE)
    assert slate[0].tolist() == [4, 3, 2]


def test_two_that_exclude_each_other_are_never_both_in() -> None:
    log = sent(40, 0.5, RATES)
    excludes = np.zeros((7, 7), dtype=bool)
    excludes[6, 5] = excludes[5, 6] = True
    scores = np.tile(np.arange(7.0), (40, 1))
    assert rerank(log, scores, ALONE)[0].tolist() == [6, 5, 4]
    assert rerank(log, scores, ALONE, excludes)[0].tolist() == [6, 4, 3]
