"""What several wishes ask of each module."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from composer.domain.asked import LESS, MORE, NOT_AGAIN, NOTHING, Ask, Asked, asked_of
from composer.domain.content import ContentModule, Library

AT = datetime(2026, 3, 1, tzinfo=UTC)
COFFEE, TEA = "category:Coffee", "category:Tea"
LIBRARY = Library(
    (
        ContentModule("a/brew", "a", "", ("en",), interests=(COFFEE,)),
        ContentModule("b/both", "b", "", ("en",), interests=(COFFEE, TEA)),
        ContentModule("c/leaf", "c", "", ("en",), interests=(TEA,)),
        ContentModule("d/hello", "d", "", ("en",)),
    ),
    {},
)


def wish(module: str, ask: Ask, *about: str) -> Asked:
    return Asked(module, ask, about, AT)


def asked(*wishes: Asked) -> list[int]:
    return asked_of(wishes, LIBRARY).tolist()


def test_less_keeps_the_piece_away_and_what_is_about_the_same_back() -> None:
    assert asked(wish("a/brew", Ask.less, COFFEE)) == [NOT_AGAIN, LESS, NOTHING, NOTHING]


def test_more_prefers_the_piece_and_what_is_about_the_same() -> None:
    assert asked(wish("c/leaf", Ask.more, TEA)) == [NOTHING, MORE, MORE, NOTHING]


def test_a_piece_about_nothing_is_asked_of_alone() -> None:
    assert asked(wish("d/hello", Ask.less)) == [NOTHING, NOTHING, NOTHING, NOT_AGAIN]


def test_of_what_two_wishes_are_about_the_newer_counts_but_each_piece_keeps_its_own_word() -> None:
    less, more = wish("a/brew", Ask.less, COFFEE), wish("c/leaf", Ask.more, TEA)
    assert asked(less, more) == [NOT_AGAIN, MORE, MORE, NOTHING]
    assert asked(more, less) == [NOT_AGAIN, LESS, MORE, NOTHING]
    assert asked(less, wish("b/both", Ask.more, COFFEE, TEA)) == [NOT_AGAIN, MORE, MORE, NOTHING]


def test_a_wish_outlives_its_module() -> None:
    assert asked(wish("a/long-gone", Ask.less, COFFEE)) == [LESS, LESS, NOTHING, NOTHING]
    assert asked(wish("a/long-gone", Ask.less, "category:Forgotten")) == [NOTHING] * 4


@given(st.lists(st.builds(wish, st.sampled_from(LIBRARY.names), st.sampled_from(Ask), st.sampled_from((COFFEE, TEA))), max_size=6))
def test_nothing_but_less_of_a_piece_itself_keeps_it_away(wishes: list[Asked]) -> None:
    last = {one.module: one.ask for one in wishes}
    away = {name for name, word in zip(LIBRARY.names, asked(*wishes), strict=True) if word == NOT_AGAIN}
    assert away == {name for name, ask in last.items() if ask is Ask.less}
