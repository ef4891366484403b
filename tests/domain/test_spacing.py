"""Fewer letters: days of the reader's own calendar, whatever the zone, the hour and the season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.choices import FREQUENCIES
from composer.domain.spacing import too_soon

HELSINKI = ZoneInfo("Europe/Helsinki")
ZONES = st.sampled_from([UTC, HELSINKI, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia")])
INSTANTS = st.integers(1_600_000_000, 1_900_000_000)


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=HELSINKI).timestamp())


@pytest.mark.parametrize(
    ("frequency", "last", "leaves", "soon"),
    [
        ("weekly", "2026-03-03T10:00", "2026-03-09T20:00", True),
        ("weekly", "2026-03-03T20:00", "2026-03-10T07:00", False),  # the same weekday, at an earlier hour
        ("weekly", "2026-03-26T09:00", "2026-04-02T08:00", False),  # the clocks went forward between
        ("fortnightly", "2026-03-03T10:00", "2026-03-16T23:59", True),
        ("fortnightly", "2026-03-03T10:00", "2026-03-17T00:00", False),
        ("monthly", "2026-01-01T10:00", "2026-01-30T10:00", True),
        ("monthly", "2026-01-01T10:00", "2026-01-31T10:00", False),
        ("weekly", "2026-03-10T10:00", "2026-03-03T10:00", True),  # a clock was put back
        ("hourly", "2026-03-03T10:00", "2026-03-03T10:00", False),  # no wish of ours
        ("", "2026-03-03T10:00", "2026-03-03T10:00", False),
    ],
)
def test_days_are_counted_on_the_readers_calendar(frequency: str, last: str, leaves: str, soon: bool) -> None:
    assert too_soon(frequency, seconds(last), seconds(leaves), HELSINKI) is soon


def test_without_a_letter_none_is_too_soon() -> None:
    assert not too_soon("monthly", 0, seconds("2026-03-03T10:00"), HELSINKI)


@given(st.sampled_from(sorted(FREQUENCIES)), INSTANTS, st.integers(0, 40 * 86_400), ZONES)
def test_a_letter_that_may_leave_is_never_a_day_nearer_than_asked_for(frequency: str, last: int, after: int, zone: ZoneInfo) -> None:
    least = FREQUENCIES[frequency]
    if not too_soon(frequency, last, last + after, zone):
        assert timedelta(seconds=after) > least - timedelta(days=1, hours=2)
    else:
        assert timedelta(seconds=after) < least + timedelta(hours=26)  # Apia once left out a whole day


@given(INSTANTS, st.integers(-86_400, 40 * 86_400), ZONES)
def test_who_wants_them_more_seldom_gets_no_letter_more(last: int, after: int, zone: ZoneInfo) -> None:
    soon = [too_soon(frequency, last, last + after, zone) for frequency in sorted(FREQUENCIES, key=FREQUENCIES.__getitem__)]
    assert soon == sorted(soon)
