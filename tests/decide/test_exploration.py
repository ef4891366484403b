"""Exploration: closed-form probabilities that are those of the draw, and sum to one over the design."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from composer.decide.draw import uniform
from composer.domain.campaign import Policy
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Source
from tests.decide._worlds import World, blank, in_name_order, shop, weekly, world, worlds


@given(worlds())
def test_the_probabilities_sum_to_one_over_the_design(case: World) -> None:
    decided = case.decide()
    for r in range(len(decided)):
        letter = decided.outcome(r)
        if not isinstance(letter, Newsletter):
            continue
        log = letter.log
        for block in letter.blocks:
            replaced = log.epsilon / (log.unpinned * len(log.pool)) if log.epsilon else 0.0
            stays = 1 - log.epsilon / log.unpinned if log.epsilon else 1.0
            assert stays + replaced * len(log.pool) == pytest.approx(1, abs=1e-12)
            if block.position == log.explored_position:
                assert (block.source, block.module in log.pool) == (Source.explored, True)
                assert block.probability == pytest.approx(replaced, abs=1e-12)
            else:
                assert block.module == log.base[block.position - 1]
                assert block.probability in (pytest.approx(stays, abs=1e-12), 1.0)
        assert not set(log.pool) & set(log.base)
        assert set(log.pool) <= set(log.eligible)
        assert sum(block.source == Source.explored for block in letter.blocks) == bool(log.explored_position)


@given(worlds())
def test_the_log_holds_what_every_candidate_was_judged_by(case: World) -> None:
    """Another policy is judged by it later: values of base and pool, exactly, where there was exploration."""
    decided = case.decide()
    for r in range(len(decided)):
        letter = decided.outcome(r)
        if not isinstance(letter, Newsletter):
            continue
        log = letter.log
        assert len(log.steps) == (len(log.base) + len(log.pool) if log.epsilon else 0)
        values = dict(zip((*log.base, *log.pool), log.steps, strict=False))
        for name, steps in values.items():
            seen = decided.scores.values[:, r, case.library.index[name]]
            assert [step / 2**16 for step in steps] == seen.tolist()
        for block in letter.blocks:
            if values:
                assert {name: step / 2**16 for name, step in zip(log.signals, values[block.module], strict=True)} == dict(block.values)


def test_what_is_drawn_is_as_frequent_as_logged() -> None:
    library = shop()
    people = 6000
    decided = world(
        blank(library, people), library, campaign=weekly(holdout=0.0, policy=Policy(explore=0.6)), beliefs=in_name_order(library)
    ).decide()
    letters = [decided.outcome(r) for r in range(people)]
    seen = Counter(
        (letter.log.explored_position, letter.blocks[letter.log.explored_position - 1].module)
        for letter in letters
        if letter.log.explored_position
    )
    log = letters[0].log
    assert len(log.pool) == 8
    expected = people * 0.6 / (log.unpinned * 8)
    assert len(seen) == log.unpinned * 8
    assert all(abs(count - expected) < 5 * expected**0.5 for count in seen.values())


def test_a_draw_is_uniform_and_its_purposes_are_strangers() -> None:
    keys = np.arange(20_000, dtype=np.uint64)
    a, b = uniform(keys, "weekly", "explore"), uniform(keys, "weekly", "hour")
    assert 0 <= a.min() < 0.001 < 0.999 < a.max() < 1
    assert abs(a.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.03
    assert np.array_equal(a[7:9], uniform(keys[7:9], "weekly", "explore"))
