"""People and programs are told apart by all that was asked for from a letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.machines import Telling, tell
from composer.domain.observed import Ask, Look, Maker, Sign
from composer.domain.tokens import Subject

ACCEPTED = datetime(2026, 3, 2, 7, tzinfo=UTC)
SUBJECT = Subject(1, 1, ACCEPTED)
TELLING = Telling(timedelta(seconds=30), timedelta(seconds=10))


def look(seconds: int, position: int = 1, *signs: Sign, ask: Ask = Ask.clicked) -> Look:
    return Look(SUBJECT, ask, position, ACCEPTED + timedelta(seconds=seconds), signs)


def makers(*looks: Look) -> list[str]:
    return [told.maker.value for told in tell(looks, ACCEPTED, TELLING)]


def test_a_click_of_a_browser_is_a_persons_also_a_quick_one() -> None:
    assert makers(look(3600)) == makers(look(2)) == ["person"]


@pytest.mark.parametrize("sign", [Sign.agent, Sign.head, Sign.prefetch])
def test_what_says_itself_that_nobody_looks_is_a_program_and_taints_no_other(sign: Sign) -> None:
    assert makers(look(3600, 1, sign), look(3602, 1)) == ["machine", "person"]


def test_an_image_proxy_is_neither_a_person_nor_a_program() -> None:
    assert makers(look(3600, 0, Sign.proxy, ask=Ask.opened)) == ["proxy"]
    assert makers(look(5, 0, Sign.proxy, ask=Ask.opened)) == ["proxy"]


def test_the_third_link_at_once_tells_of_the_first_two_and_two_tabs_are_a_readers() -> None:
    first, second, third = look(600, 1), look(603, 2), look(606, 3)
    assert makers(first, second) == ["person", "person"]
    assert makers(first, second, third) == ["machine"] * 3
    assert makers(first, second, look(640, 3)) == ["person"] * 3
    assert makers(first, look(603, 1), look(606, 1)) == ["person"] * 3


def test_the_hidden_link_tells_of_what_was_followed_beside_it() -> None:
    assert makers(look(600, 1), look(604, 0, ask=Ask.trap), look(900, 1)) == ["machine", "machine", "person"]
    assert makers(look(600, 0, ask=Ask.opened), look(604, 0, ask=Ask.trap)) == ["machine", "machine"]


def test_hints_count_together_and_not_alone() -> None:
    assert makers(look(600, 1, Sign.network)) == makers(look(600, 1, Sign.silent)) == ["person"]
    assert makers(look(600, 1, Sign.network, Sign.silent)) == makers(look(5, 1, Sign.network)) == ["machine"]
    (told,) = tell([look(5)], None, TELLING)
    assert told.signs == {Sign.soon}


SIGNS = st.sampled_from([Sign.agent, Sign.proxy, Sign.network, Sign.silent])
LOOKS = st.lists(
    st.builds(
        look,
        st.integers(0, 120),
        st.integers(1, 6),
        SIGNS,
        ask=st.sampled_from(Ask),
    ),
    max_size=8,
)


@given(LOOKS, st.randoms(use_true_random=False))
def test_the_order_of_looks_changes_nothing_and_more_of_them_make_nobody_a_person(looks: list[Look], order: object) -> None:
    shuffled = list(enumerate(looks))
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    told = tell(looks, ACCEPTED, TELLING)
    again = tell([one for _, one in shuffled], ACCEPTED, TELLING)
    assert [again[[place for place, _ in shuffled].index(at)] for at in range(len(looks))] == told
    fewer = tell(looks[:-1], ACCEPTED, TELLING)
    assert all(now.maker is not Maker.person for before, now in zip(fewer, told, strict=False) if before.maker is not Maker.person)
