"""The retry schedule: growing gaps, the same for the same letter, and an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.retry import JITTER, due

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SCHEDULE = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=8))


@given(st.integers(1, 3), st.text(max_size=20))
def test_a_retry_comes_after_its_delay_and_no_later_than_the_jitter_allows(attempts: int, key: str) -> None:
    at = due(NOW, attempts, SCHEDULE, key)
    assert at is not None
    delay = SCHEDULE[attempts - 1]
    assert delay <= at - NOW <= delay * (1 + JITTER) + timedelta(seconds=1)


@given(st.integers(1, 3), st.text(max_size=20))
def test_the_same_letter_gets_the_same_moment_whoever_asks(attempts: int, key: str) -> None:
    assert due(NOW, attempts, SCHEDULE, key) == due(NOW, attempts, list(SCHEDULE), key)


def test_letters_deferred_together_do_not_come_back_together() -> None:
    assert len({due(NOW, 3, SCHEDULE, f"letter-{n}") for n in range(50)}) > 40


def test_the_schedule_gives_up_after_its_last_delay() -> None:
    assert due(NOW, 4, SCHEDULE, "letter") is None
    assert due(NOW, 1, (), "letter") is None


@given(st.floats(0, 2))
def test_a_retry_is_never_due_at_once(seconds: float) -> None:
    at = due(NOW, 1, (timedelta(seconds=seconds),), "letter")
    assert at is not None
    assert at >= NOW + timedelta(seconds=1)
    assert at.microsecond == 0
