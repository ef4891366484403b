"""What a log may say of an error: our own words, or the place of a bug, never the values it happened with."""

from __future__ import annotations

from composer.errors import ComposerError, in_short


def test_our_own_errors_say_what_they_say() -> None:
    assert in_short(ComposerError("the disk is full", where="database", do="Make room.")) == "the disk is full"


def test_a_bug_says_its_kind_and_place_and_no_value() -> None:
    try:
        {}["aino@example.com"]
    except KeyError as error:
        said = in_short(error)
    assert said.startswith("KeyError < test_errors.py:")
    assert "aino" not in said
