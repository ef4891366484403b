"""The ring of keys: which one an edition's tokens are made with, and what an old one opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.keys import Keys, read_keys, write_keys
from composer.domain.tokens import Purpose, Subject, click_token, mail_token, make_token, read_click_token, read_mail_token, read_token

FIRST, SECOND, THIRD = b"1" * 32, b"2" * 32, b"3" * 32
TURN = datetime(2026, 3, 1, 12, tzinfo=UTC)
RING = Keys(FIRST, ((TURN, SECOND), (TURN + timedelta(days=30), THIRD)))
MINUTES = st.integers(-100_000, 100_000).map(lambda n: TURN + timedelta(minutes=n))


@given(MINUTES, st.sampled_from(Purpose), st.integers(1, 2**32 - 1), st.integers(1, 2**24 - 1))
def test_every_token_of_every_time_is_read_and_is_made_with_one_key(scheduled: datetime, purpose: Purpose, who: int, campaign: int) -> None:
    subject = Subject(who, campaign, scheduled)
    key = RING.at(scheduled)
    assert key == (FIRST if scheduled < TURN else SECOND if scheduled < TURN + timedelta(days=30) else THIRD)
    assert make_token(RING, purpose, subject) == make_token(key, purpose, subject)
    assert read_token(RING, purpose, make_token(RING, purpose, subject)) == subject
    assert read_mail_token(RING, purpose, mail_token(RING, purpose, subject)) == subject
    assert read_click_token(RING, click_token(RING, subject, 3)) == (subject, 3)


@given(MINUTES, st.sampled_from([FIRST, SECOND, THIRD]))
def test_a_key_opens_nothing_of_a_time_in_which_it_was_not_in_force(scheduled: datetime, stolen: bytes) -> None:
    subject = Subject(7, 8, scheduled)
    ours = RING.at(scheduled) == stolen
    assert (read_token(RING, Purpose.why, make_token(stolen, Purpose.why, subject)) == subject) is ours
    assert (read_mail_token(RING, Purpose.return_path, mail_token(stolen, Purpose.return_path, subject)) == subject) is ours
    assert (read_click_token(RING, click_token(stolen, subject, 1)) is not None) is ours


@given(MINUTES, st.integers(1, 2**32 - 1))
def test_a_new_key_changes_no_token_of_an_edition_before_it(scheduled: datetime, who: int) -> None:
    """A letter that is tried again after the key was rotated has the bytes it had."""
    later = RING.rotated(b"4" * 32, TURN + timedelta(days=200))
    assert make_token(later, Purpose.view, Subject(who, 1, scheduled)) == make_token(RING, Purpose.view, Subject(who, 1, scheduled))


@given(st.lists(st.integers(0, 10_000), max_size=6))
def test_a_ring_is_written_and_read_as_it_was_and_stays_in_order(turns: list[int]) -> None:
    ring = Keys(FIRST)
    for place, minutes in enumerate(turns):
        ring = ring.rotated(bytes([place]) * 32, TURN + timedelta(minutes=minutes, seconds=59))
    assert read_keys(write_keys(ring)) == ring
    begun = [since for since, _ in ring.later]
    assert begun == sorted(set(begun))
    assert all(since.second == 0 and since > TURN for since in begun)
    if ring.later:
        assert ring.at(datetime(2099, 1, 1, tzinfo=UTC)) == ring.later[-1][1], "the newest is the one in force"


def test_rings_are_joined_and_strangers_are_not() -> None:
    one, other = Keys(FIRST, RING.later[:1]), Keys(FIRST, RING.later[1:])
    assert one.joined(other) == other.joined(one) == RING
    with pytest.raises(ValueError, match="two installations"):
        one.joined(Keys(SECOND))


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "00" * 32 + "\n" + "11" * 32, "00" * 32 + "\n11 2026-03-01T12:00Z", "00" * 33])
def test_a_damaged_ring_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_keys(text)
