"""What the ledger says: the newest line counts, and nobody but the person undoes the person's own word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.consent import OWN_SOURCES, granted_purposes, is_purpose
from composer.domain.level import Level, level_in_force

LINES = st.lists(
    st.tuples(
        st.sampled_from(["letters", "profiling"]),
        st.sampled_from(["granted", "withdrawn"]),
        st.sampled_from(["import", "crm", *sorted(OWN_SOURCES)]),
        st.integers(0, 5),
    ),
    max_size=8,
)


def test_nothing_said_is_nothing_granted() -> None:
    assert granted_purposes([]) == frozenset()


@pytest.mark.parametrize(
    ("lines", "granted"),
    [
        ([("granted", "crm", 1)], True),
        ([("granted", "crm", 1), ("withdrawn", "crm", 2)], False),
        ([("withdrawn", "crm", 2), ("granted", "crm", 1)], False),
        ([("withdrawn", "crm", 1), ("granted", "crm", 1)], True),
        ([("granted", "crm", 1), ("withdrawn", "unsubscribe", 2), ("granted", "crm", 3)], False),
        ([("withdrawn", "unsubscribe", 2), ("granted", "confirm", 3)], True),
        ([("withdrawn", "bounce", 2), ("granted", "crm", 9)], False),
        ([("granted", "preferences", 2), ("withdrawn", "crm", 3)], False),
    ],
)
def test_the_newest_line_counts_but_an_import_never_undoes_an_own_withdrawal(lines: list[tuple[str, str, int]], granted: bool) -> None:
    rows = [("letters", state, source, at) for state, source, at in lines]
    assert granted_purposes(rows) == (frozenset({"letters"}) if granted else frozenset())


@given(LINES)
def test_an_imported_grant_after_an_own_withdrawal_changes_nothing(lines: list[tuple[str, str, str, int]]) -> None:
    withdrawn = [*lines, ("letters", "withdrawn", "unsubscribe", 6)]
    assert "letters" not in granted_purposes(withdrawn)
    assert granted_purposes([*withdrawn, ("letters", "granted", "crm", 99)]) == granted_purposes(withdrawn)


@given(LINES)
def test_purposes_are_independent(lines: list[tuple[str, str, str, int]]) -> None:
    alone = granted_purposes([line for line in lines if line[0] == "letters"])
    assert ("letters" in granted_purposes(lines)) == ("letters" in alone)


@pytest.mark.parametrize(("word", "known"), [("letters", True), ("topic:storms", True), ("topic:", False), ("marketing", False)])
def test_purposes_are_a_closed_list_and_topics(word: str, known: bool) -> None:
    assert is_purpose(word) is known


@given(st.sampled_from(Level), st.booleans(), st.booleans())
def test_the_effective_level_never_exceeds_choice_or_consent(chosen: Level, profiling: bool, clicks: bool) -> None:
    granted = [purpose for purpose, given in (("profiling", profiling), ("clicks", clicks)) if given]
    level = level_in_force(chosen.name, granted)
    assert level <= chosen
    assert profiling or level <= Level.basic
    assert clicks or level <= Level.standard
    assert not (profiling and clicks) or level == chosen


def test_a_word_that_is_no_level_allows_nothing() -> None:
    assert level_in_force("platinum", ("profiling", "clicks")) is Level.none
