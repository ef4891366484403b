"""Somebody whose time zone nobody knows."""

from __future__ import annotations

import pytest

from tests.people._one import letter, word


@pytest.mark.parametrize("zone", ["", "Mars/Olympus"])
def test_the_letter_goes_by_daylight_and_says_how_it_was_timed(zone: str) -> None:
    found = letter(time_zone=word(zone))
    assert 7 <= found.send_at.hour < 20
    assert str(found.hour_reasons[1]).endswith("in UTC, as your time zone is not known.")
