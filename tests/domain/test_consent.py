"""What the ledger says: the newest line counts, and nobody but the person undoes the person's own word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.consent import OWN_SOURCES, Basis, granted_purposes, is_purpose, kept_client, unfit_basis
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


@pytest.mark.parametrize("purpose", ["letters", "topic:energy", "profiling", "opens", "clicks"])
def test_every_purpose_may_rest_on_consent_and_none_on_a_contract(purpose: str) -> None:
    assert unfit_basis(purpose, Basis.consent, "") == ""
    assert unfit_basis(purpose, Basis.contract, "weighed carefully") != ""


@pytest.mark.parametrize("purpose", ["opens", "clicks"])
def test_reading_from_the_persons_machine_needs_consent(purpose: str) -> None:
    for basis in set(Basis) - {Basis.consent}:
        assert "nothing but consent" in unfit_basis(purpose, basis, "weighed") or basis is Basis.contract


def test_legitimate_interest_needs_its_note_and_customers_are_no_ground_for_profiling() -> None:
    assert "consent.interest_letters" in unfit_basis("topic:energy", Basis.interest, "")
    assert "consent.interest_profiling" in unfit_basis("profiling", Basis.interest, "")
    assert unfit_basis("letters", Basis.interest, "They asked for advice on it.") == ""
    assert unfit_basis("letters", Basis.customer, "") == ""
    assert unfit_basis("profiling", Basis.customer, "") != ""


@pytest.mark.parametrize(
    ("keep", "client", "kept"),
    [
        ("network", "203.0.113.77", "203.0.113.0/24"),
        ("network", "2001:db8:1:2:3::9", "2001:db8:1::/48"),
        ("network", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("whole", "203.0.113.77", "203.0.113.77"),
        ("off", "203.0.113.77", ""),
        ("network", "testclient", ""),
        ("whole", "", ""),
    ],
)
def test_of_a_machines_address_no_more_is_kept_than_the_setting_says(keep: str, client: str, kept: str) -> None:
    assert kept_client(keep, client) == kept
