"""Tokens are opaque, deterministic, bound to one purpose, and have one spelling."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.tokens import (
    EPOCH,
    MAIL_TOKEN_LENGTH,
    TOKEN_LENGTH,
    Purpose,
    Subject,
    click_token,
    keyed_id,
    keyed_ids,
    mail_token,
    make_token,
    read_click_token,
    read_mail_token,
    read_token,
    tag_of,
    tagged,
)

KEY = b"k" * 32
SUBJECT = Subject(1_985, 7, datetime(2017, 10, 16, 6, tzinfo=UTC))
subjects = st.builds(
    Subject,
    recipient=st.integers(0, 2**32 - 1),
    campaign=st.integers(0, 2**24 - 1),
    scheduled=st.integers(0, 60 * 24 * 365 * 100).map(lambda minutes: EPOCH + timedelta(minutes=minutes)),
)


@given(subjects, st.sampled_from(Purpose))
def test_a_token_reads_back_as_what_it_was_made_for(subject: Subject, purpose: Purpose) -> None:
    token = make_token(KEY, purpose, subject)
    assert len(token) == TOKEN_LENGTH
    assert read_token(KEY, purpose, token) == subject


@given(subjects, st.sampled_from(Purpose), st.sampled_from(Purpose))
def test_a_token_of_one_purpose_is_unknown_elsewhere(subject: Subject, one: Purpose, other: Purpose) -> None:
    if one != other:
        assert read_token(KEY, other, make_token(KEY, one, subject)) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_with_any_character_changed_is_unknown(purpose: Purpose) -> None:
    token = make_token(KEY, purpose, SUBJECT)
    for at in range(TOKEN_LENGTH):
        for other in string.ascii_letters + string.digits + "-_+/=.~ ":
            if other != token[at]:
                assert read_token(KEY, purpose, token[:at] + other + token[at + 1 :]) is None


@given(subjects, st.integers(0, 2**16 - 1))
def test_a_click_token_reads_back_as_its_letter_and_position_and_is_no_other_token(subject: Subject, position: int) -> None:
    token = click_token(KEY, subject, position)
    assert len(token) == 40
    assert read_click_token(KEY, token) == (subject, position)
    assert all(read_token(KEY, purpose, token) is None for purpose in Purpose)
    assert all(read_click_token(KEY, make_token(KEY, purpose, subject)) is None for purpose in Purpose)


def test_a_click_token_with_any_character_changed_is_unknown() -> None:
    token = click_token(KEY, SUBJECT, 3)
    for at in range(len(token)):
        for other in string.ascii_letters + string.digits + "-_+/=.~ ":
            if other != token[at]:
                assert read_click_token(KEY, token[:at] + other + token[at + 1 :]) is None


def test_the_links_of_a_letter_share_nothing() -> None:
    tokens = [click_token(KEY, SUBJECT, position) for position in range(1, 200)]
    assert len({token[:4] for token in tokens}) > 190
    assert len({token[-4:] for token in tokens}) > 190


@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    assert read_token(KEY, Purpose.why, text) is None
    assert read_click_token(KEY, text) is None


def test_another_key_knows_nothing() -> None:
    assert read_token(b"x" * 32, Purpose.why, make_token(KEY, Purpose.why, SUBJECT)) is None


def test_a_token_shows_nothing_of_its_subject() -> None:
    """Neighbours share no more characters than chance gives."""
    tokens = [make_token(KEY, Purpose.why, Subject(n, 7, SUBJECT.scheduled)) for n in range(200)]
    assert len({token[-4:] for token in tokens}) > 190
    assert len({token[:4] for token in tokens}) > 190


def test_keyed_ids_differ_by_key_purpose_and_parts() -> None:
    ids = {keyed_id(KEY, "a", "x", "y"), keyed_id(KEY, "b", "x", "y"), keyed_id(KEY, "a", "xy"), keyed_id(b"z" * 32, "a", "x", "y")}
    assert len(ids) == 4
    assert all(len(one) == 26 and one.isalnum() and one.islower() for one in ids)


@given(st.lists(st.text(max_size=12), max_size=5), st.text(max_size=8))
def test_many_keyed_ids_are_the_same_as_one_by_one(words: list[str], first: str) -> None:
    assert keyed_ids(KEY, "message-id", first, words) == [keyed_id(KEY, "message-id", first, word) for word in words]


BY_MAIL = (Purpose.return_path, Purpose.unsubscribe_mail)


@given(subjects, st.sampled_from(BY_MAIL))
def test_a_token_in_a_mail_address_fits_one_and_reads_back_in_any_case(subject: Subject, purpose: Purpose) -> None:
    token = mail_token(KEY, purpose, subject)
    assert len(token) == MAIL_TOKEN_LENGTH
    assert set(token) <= set(string.ascii_lowercase + "234567")
    address = tagged("bounces@example.com", token)
    assert len(address.partition("@")[0]) <= 64
    for spelling in (address, address.upper(), address.title()):
        assert read_mail_token(KEY, purpose, tag_of(spelling)) == subject


@given(subjects)
def test_a_mail_token_is_of_one_purpose_and_one_key(subject: Subject) -> None:
    for purpose, other in (BY_MAIL, BY_MAIL[::-1]):
        token = mail_token(KEY, purpose, subject)
        assert read_mail_token(KEY, other, token) is None
        assert read_mail_token(b"x" * 32, purpose, token) is None
        assert read_token(KEY, purpose, token) is None


@pytest.mark.parametrize("purpose", BY_MAIL)
def test_a_mail_token_with_any_character_changed_is_unknown(purpose: Purpose) -> None:
    token = mail_token(KEY, purpose, SUBJECT)
    for at in range(MAIL_TOKEN_LENGTH):
        for other in string.ascii_lowercase + "0123456789+=-_. ":
            if other != token[at]:
                assert read_mail_token(KEY, purpose, token[:at] + other + token[at + 1 :]) is None
    for wrong in (token[:-1], token + "a", "", "ä" * MAIL_TOKEN_LENGTH, token[1:] + "\n"):
        assert read_mail_token(KEY, purpose, wrong) is None


def test_an_address_without_a_token_has_none() -> None:
    assert [tag_of(address) for address in ("bounces@example.com", "a+b@example.com", "a+b+c@example.com", "+", "")] == [
        "",
        "b",
        "c",
        "",
        "",
    ]
