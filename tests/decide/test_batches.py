"""What deciding does to be quick changes nothing: batches, arithmetic in place of choices, tables made once."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.decide.measure import least, most, over_modules
from composer.decide.running import CLOSED, live_keys
from composer.decide.slate import Place, best_for
from composer.domain.audience import Codes
from composer.domain.content import Library
from tests.decide._worlds import LETTER, World, module, people, worlds

keys = st.lists(st.lists(st.integers(-(2**50), 2**50) | st.just(int(CLOSED)), min_size=3, max_size=3), min_size=1, max_size=4)


@settings(max_examples=25)
@given(worlds(), st.integers(1, 7))
def test_a_batch_is_decided_like_its_parts(case: World, size: int) -> None:
    whole = case.decide()
    outcomes = [whole.outcome(r) for r in range(len(whole))]
    parts: list[Any] = []
    for start in range(0, len(whole), size):
        part = case.decide(case.audience.part(start, start + size))
        parts += [part.outcome(r) for r in range(len(part))]
    assert parts == outcomes


def test_a_part_is_the_rows_that_are_taken() -> None:
    audience = people(Library((module("a/a"), module("a/b")), {"newsletter": LETTER}), 9)
    part, taken = audience.part(3, 7), audience.take([3, 4, 5, 6])
    for column in fields(audience):
        one, other = getattr(part, column.name), getattr(taken, column.name)
        if isinstance(one, Codes):
            assert (one.codes.tolist(), one.words) == (other.codes.tolist(), other.words)
        else:
            assert np.array_equal(one, other)


@given(keys, st.data())
def test_what_is_not_allowed_is_closed_and_all_else_keeps_its_key(rows: list[list[int]], data: st.DataObject) -> None:
    live = np.array(rows, dtype=np.int64)
    allowed = np.array([[data.draw(st.booleans()) for _ in row] for row in rows])
    assert np.array_equal(live_keys(live, allowed), np.where(allowed, live, CLOSED))


@given(st.lists(st.integers(-5, 5), min_size=40, max_size=40), st.sets(st.integers(0, 39), max_size=40))
def test_the_best_for_a_place_is_the_same_whether_it_takes_few_or_many(row: list[int], takes: set[int]) -> None:
    live = np.array([row], dtype=np.int64)
    place = Place("hero", np.array([m in takes for m in range(40)]), True, True, False)
    pick, key = best_for(place, live)
    best = max((row[m] for m in takes), default=CLOSED)
    assert key.tolist() == [best]
    if takes:
        assert pick.tolist() == [min(m for m in takes if row[m] == best)]


def test_a_module_with_few_interests_is_measured_by_its_own_alone() -> None:
    """Not by what stands for "nothing is known": another module's many interests are no reason to lift it."""
    names = [
        module("a/few", interests=("category:x",)),
        module("a/many", interests=("category:x", "category:y", "category:z")),
        module("a/none"),
    ]
    library = Library(tuple(names), {"newsletter": LETTER})
    column = np.array([[0.1, 0.2, 0.3]], dtype=np.float32)
    assert (
        over_modules(column, library.interest_columns, 0.5, np.maximum).tolist() == np.array([[0.1, 0.3, 0.5]], dtype=np.float32).tolist()
    )
    assert most(column, library).tolist() == np.array([[0.1, 0.3, 0]], dtype=np.float32).tolist()
    assert least(column, library).tolist() == np.array([[0.1, 0.1, np.inf]], dtype=np.float32).tolist()
