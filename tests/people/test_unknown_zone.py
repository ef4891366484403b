"""Somebody whose time zone nobody knows."""

from __future__ import annotations

import pytest

from tests.people._one import letter, word


@pytest.mark.parametrize("zone", ["", "Mars/Olympus"])
def test_the_letter_goes_by_daylight_and_says_how_it_was_timed(zone: str) -> None:
    found = letter(time_zone=word(zone))
    assert 7 <= found.send_at.hour < 20
    assert found.send_reason.endswith("UTC, as the time zone is not known.")
