"""A late letter leaves at the first allowed moment of its recipient's own clock, or expires."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.decide.late import first_allowed
from composer.decide.send_time import is_allowed
from composer.domain.campaign import Window

QUIET = (21, 7)
OFFICE = Window(days=(0, 1, 2, 3, 4), opens=time(8), closes=time(18))
ZONES = ("Europe/Helsinki", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC", "Nowhere/Town")
MOMENTS = st.integers(1767225600, 1830211200).map(lambda second: datetime.fromtimestamp(second, UTC))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
WINDOWS = st.builds(
    Window,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    opens=TIMES,
    closes=TIMES,
)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@given(WINDOWS, st.sampled_from(ZONES), MOMENTS, st.sampled_from([QUIET, (0, 0), (13, 14)]))
def test_it_is_allowed_not_before_the_wish_and_nothing_earlier_is(window: Window, zone: str, at: datetime, quiet: tuple[int, int]) -> None:
    found = first_allowed(window, zone, at, quiet)
    clock = ZoneInfo(zone) if zone != "Nowhere/Town" else ZoneInfo("UTC")
    minute = at if not at.second else at.replace(second=0) + timedelta(minutes=1)
    steps = [at, *(minute + timedelta(minutes=n) for n in range(7 * 1440 - 20))]
    expected = next((step for step in steps if is_allowed(step.astimezone(clock), window, quiet)), None)
    assert found == expected or (expected is None and found is not None and found > steps[-1])


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("2026-03-02 09:30:07", "2026-03-02 09:30:07"),
        ("2026-03-02 18:00:00", "2026-03-03 08:00:00"),
        ("2026-03-06 19:15:00", "2026-03-09 08:00:00"),
        ("2026-03-27 18:00:00", "2026-03-30 08:00:00"),  # the clocks go forward on the Sunday between
        ("2026-10-23 18:00:00", "2026-10-26 08:00:00"),  # and back
    ],
)
def test_outside_office_hours_it_waits_for_the_next_morning_of_its_own_clock(wish: str, expected: str) -> None:
    zone = "Europe/Helsinki"
    assert first_allowed(OFFICE, zone, local(wish, zone).astimezone(UTC), QUIET) == local(expected, zone)


def test_the_hour_that_comes_twice_is_taken_once_and_the_one_that_is_left_out_gives_way_to_the_next() -> None:
    night = Window(opens=time(3), closes=time(4))
    before = local("2026-10-25 02:00", "Europe/Helsinki").astimezone(UTC)
    assert first_allowed(night, "Europe/Helsinki", before, (0, 0)) == before + timedelta(hours=1)
    spring = local("2026-03-29 02:00", "Europe/Helsinki").astimezone(UTC)
    assert first_allowed(night, "Europe/Helsinki", spring, (0, 0)) == local("2026-03-30 03:00", "Europe/Helsinki")


def test_a_letter_whose_next_hour_lies_beyond_its_time_to_live_expires() -> None:
    evening, zone = local("2026-03-02 20:00", "Europe/Helsinki").astimezone(UTC), "Europe/Helsinki"
    assert first_allowed(OFFICE, zone, evening, QUIET, evening + timedelta(hours=12)) is None
    assert first_allowed(OFFICE, zone, evening, QUIET, evening + timedelta(hours=12, seconds=1)) == evening + timedelta(hours=12)
    assert first_allowed(Window(now=True), zone, evening, QUIET, evening) is None
    assert first_allowed(Window(now=True), zone, evening, QUIET) == evening


def test_a_window_that_quiet_hours_swallow_never_comes() -> None:
    assert first_allowed(Window(opens=time(22), closes=time(23)), "UTC", datetime(2026, 3, 2, tzinfo=UTC), QUIET) is None
