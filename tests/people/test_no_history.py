"""Somebody who came yesterday: no orders, no clicks, no profile."""

from __future__ import annotations

from composer.domain.belief import Beliefs
from composer.domain.sentence import say
from tests.people._one import LIBRARY, letter


def test_who_has_no_history_gets_what_is_popular_and_is_told_so() -> None:
    blocks = letter().blocks
    assert 4 <= len(blocks) <= 6
    assert any(say("Popular with other readers.") in block.reasons for block in blocks)


def test_on_the_first_day_of_an_installation_there_is_a_letter_too() -> None:
    first = letter(Beliefs())
    assert 4 <= len(first.blocks) <= 6
    assert all(block.reasons for block in first.blocks)


def test_nothing_is_said_about_purchases_there_were_not() -> None:
    sentences = {str(reason) for block in letter().blocks for reason in block.reasons}
    assert not any("bought" in sentence or "buy" in sentence for sentence in sentences)
    assert len(LIBRARY.modules) == 47
