"""Somebody whose language nothing is written in."""

from __future__ import annotations

from dataclasses import replace

from composer.domain.reasons import Skip
from tests.people._one import LIBRARY, letter, one, skipped, word


def test_no_letter_is_better_than_one_that_cannot_be_read() -> None:
    assert skipped(language=word("sv")).reason == Skip.no_language


def test_a_layout_that_speaks_it_is_not_enough_where_no_module_does() -> None:
    case = one(language=word("fi"))
    english = replace(LIBRARY, modules=tuple(replace(module, languages=("en",)) for module in LIBRARY.modules))
    assert case.decide(library=english).outcome(0).reason == Skip.no_language


def test_a_region_of_a_known_language_is_understood() -> None:
    assert letter(language=word("en-AU")).language == "en"
