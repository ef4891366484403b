"""Somebody whose language nothing is written in."""

from __future__ import annotations

from composer.domain.reasons import Skip
from tests.people._one import letter, skipped, word


def test_no_letter_is_better_than_one_that_cannot_be_read() -> None:
    assert skipped(language=word("sv")).reason == Skip.no_language


def test_a_region_of_a_known_language_is_understood() -> None:
    assert letter(language=word("en-AU")).language == "en"
