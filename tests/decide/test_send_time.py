"""Send time: inside the window, outside quiet hours, in everybody's own zone, on DST nights too."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.decide.send_time import allowed_hours, is_allowed
from composer.domain.audience import Codes
from composer.domain.belief import Beliefs
from composer.domain.campaign import Edition, Policy, Window
from composer.domain.clock import find_zone
from composer.domain.moment import Moment
from composer.domain.newsletter import Skipped
from composer.domain.reasons import Skip
from tests.decide._worlds import QUIET, blank, shop, weekly, world

ALL_ZONES = sorted(available_timezones())
DST_NIGHTS = [
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 3, 28, 18, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2026, 10, 24, 18, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
]
WINDOWS = st.builds(
    Window,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    opens=st.times(time(0), time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)),
    closes=st.times(time(0), time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)),
    horizon=st.integers(1, 8).map(lambda days: timedelta(days=days)),
)


def independent_check(second: int, zone: str, window: Window, quiet: tuple[int, int]) -> None:
    local = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
    minute, opens, closes = local.hour * 60 + local.minute, *[t.hour * 60 + t.minute for t in (window.opens, window.closes)]
    length = (closes - opens) % 1440 or 1440
    assert (minute - opens) % 1440 < length
    opened = local.date() - timedelta(days=int(minute < opens))
    assert opened.weekday() in window.days
    assert (local.hour - quiet[0]) % 24 >= (quiet[1] - quiet[0]) % 24


@pytest.mark.parametrize("night", DST_NIGHTS, ids=str)
def test_every_zone_around_dst_nights_is_written_to_in_its_window(night: datetime) -> None:
    window = Window(opens=time(2, 30), closes=time(23))
    for zone in ALL_ZONES:
        for quiet in (QUIET, (0, 0)):
            hours = allowed_hours(zone, int(night.timestamp()), window, quiet)
            assert hours
            for second, _ in hours:
                independent_check(second, zone, window, quiet)


@given(st.sampled_from(ALL_ZONES), st.integers(26_297_280, 34_186_560), WINDOWS, st.tuples(st.integers(0, 23), st.integers(0, 23)))
def test_the_first_allowed_minute_is_taken_and_none_outside(zone: str, start: int, window: Window, quiet: tuple[int, int]) -> None:
    begin = start * 60  # minutes of the years 2020 to 2034
    hours = allowed_hours(zone, begin, window, quiet)
    for second, _ in hours:
        independent_check(second, zone, window, quiet)
    first = hours[0][0] if hours else begin + int(window.horizon.total_seconds())
    assert begin <= first <= begin + window.horizon.total_seconds()
    for second in range(begin, min(first, begin + 86400), 60):
        assert not is_allowed(datetime.fromtimestamp(second, ZoneInfo(zone)), window, quiet)


def test_an_hour_that_does_not_exist_waits_for_the_next_that_does() -> None:
    night = datetime(2026, 3, 28, 22, tzinfo=UTC)  # midnight in Helsinki; 03:00 is followed by 04:00
    hours = allowed_hours("Europe/Helsinki", int(night.timestamp()), Window(opens=time(3), closes=time(6)), (0, 0))
    assert datetime.fromtimestamp(hours[0][0], ZoneInfo("Europe/Helsinki")).isoformat() == "2026-03-29T04:00:00+03:00"


def test_a_window_that_quiet_hours_cover_lets_nothing_leave() -> None:
    library = shop()
    case = world(blank(library), library, campaign=weekly(window=Window(opens=time(22), closes=time(23))))
    outcome = case.decide().outcome(0)
    assert isinstance(outcome, Skipped)
    assert outcome.reason == Skip.no_send_time


def test_a_now_window_goes_at_the_editions_time_whatever_the_hour() -> None:
    library = shop()
    night = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    case = world(
        blank(library),
        library,
        campaign=weekly(window=Window(now=True)),
        edition=Edition("weekly", night),
        moment=Moment(night, night, "k"),
    )
    assert case.decide().outcome(0).send_at == night


def test_a_declared_part_of_the_day_is_kept() -> None:
    library = shop()
    person = blank(library)
    person = type(person)(**{**vars(person), "daypart": Codes.of(["afternoon"])})
    letter = world(person, library, campaign=weekly(policy=Policy(explore_hour=0))).decide().outcome(0)
    assert letter.send_at.astimezone(ZoneInfo("Europe/Helsinki")).hour == 14
    assert "part of the day you chose" in str(letter.hour_reasons[0])


def test_the_hour_readers_answer_is_preferred_where_it_was_learnt() -> None:
    library = shop()
    beliefs = Beliefs({"send_time": {"hours": [1.0 if hour == 16 else 0.1 for hour in range(24)]}})
    letter = world(blank(library), library, campaign=weekly(policy=Policy(explore_hour=0)), beliefs=beliefs).decide().outcome(0)
    assert letter.send_at.astimezone(ZoneInfo("Europe/Helsinki")).hour == 16


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe", "../../etc/passwd"])
def test_an_unknown_zone_still_has_quiet_hours(zone: str) -> None:
    assert find_zone(zone).key == "UTC"
    library = shop()
    person = blank(library)
    person = type(person)(**{**vars(person), "time_zone": Codes.of([zone])})
    letter = world(person, library).decide().outcome(0)
    assert 7 <= letter.send_at.hour < 20
    assert "not known" in str(letter.hour_reasons[1])


def test_the_hours_probabilities_are_those_of_the_draw() -> None:
    library = shop()
    case = world(blank(library, 8000), library, campaign=weekly(policy=Policy(explore_hour=0.3)))
    times = case.decide().times
    seconds, counts = np.unique(times.send_at, return_counts=True)
    logged = {int(second): times.probability[times.send_at == second] for second in seconds}
    assert all(len(set(values.tolist())) == 1 for values in logged.values())
    assert sum(values[0] for values in logged.values()) == pytest.approx(1, abs=1e-12)
    for second, count in zip(seconds.tolist(), counts.tolist(), strict=True):
        assert count / 8000 == pytest.approx(logged[second][0], abs=0.02)


def test_a_time_decided_before_stands_and_keeps_its_probability() -> None:
    library = shop()
    case = world(blank(library, 200), library)
    planned = case.decide()
    later = Moment(case.moment.as_of, case.moment.now + timedelta(hours=3), "weekly")
    from composer.decide import decide
    from tests.decide._worlds import RULES, SIGNALS

    claimed = decide(case.audience, library, case.campaign, case.edition, later, case.beliefs, RULES, SIGNALS, QUIET, planned.times.send_at)
    assert [claimed.outcome(r) for r in range(200)] == [planned.outcome(r) for r in range(200)]


def test_an_edition_planned_late_starts_from_now() -> None:
    library = shop()
    late = Moment(datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 20, 23, tzinfo=UTC), "weekly")
    letter = world(blank(library), library, moment=late, campaign=weekly(policy=Policy(explore_hour=0))).decide().outcome(0)
    assert letter.send_at == datetime(2026, 11, 21, 5, tzinfo=UTC)  # 07:00 in Helsinki
