"""What servers say, and what it means for the letter, the address and the run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.replies import LONGEST, Stage, classify, scrub, silence
from composer.domain.outcome import Verdict


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in local recipient table"),
        (550, "No such user here"),
        (550, "Requested action not taken: mailbox unavailable"),
        (551, "User not local"),
        (553, "5.1.3 Bad destination mailbox address syntax"),
        (556, "5.1.10 Domain does not accept mail"),
    ],
)
def test_a_mailbox_that_does_not_exist_is_suppressed(code: int, text: str) -> None:
    outcome = classify(Stage.rcpt, code, text)
    assert outcome.verdict is Verdict.refused
    assert outcome.dead_address


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (552, "5.2.2 Mailbox full"),
        (554, "5.7.1 Service unavailable; client host blocked using a list"),
        (550, "5.7.1 Message rejected as spam"),
        (550, "5.7.26 Unauthenticated mail is not accepted"),
        (550, "Blocked: poor reputation of your IP"),
        (550, "Relay access denied"),
        (550, "5.2.2 Over quota"),
        (550, "5.1.8 Sender address rejected: domain not found"),
        (550, "Sender verify failed"),
        (523, "5.2.3 Message too large"),
    ],
)
def test_a_refusal_for_other_reasons_stops_the_letter_and_spares_the_address(code: int, text: str) -> None:
    outcome = classify(Stage.rcpt, code, text)
    assert outcome.verdict is Verdict.refused
    assert not outcome.dead_address


def test_a_refusal_after_the_body_never_suppresses() -> None:
    outcome = classify(Stage.body, 550, "5.1.1 no such user")
    assert outcome.verdict is Verdict.refused
    assert not outcome.dead_address


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("stage", [Stage.mail, Stage.rcpt, Stage.data, Stage.body])
def test_a_passing_trouble_is_tried_later(stage: Stage, code: int) -> None:
    assert classify(stage, code, "4.2.1 later").verdict is Verdict.try_later


def test_a_refused_sender_pauses_the_run_for_no_recipient_is_at_fault() -> None:
    assert classify(Stage.mail, 550, "5.7.1 sender domain not allowed").verdict is Verdict.paused


@pytest.mark.parametrize("stage", list(Stage))
def test_a_demand_to_sign_in_pauses_the_run(stage: Stage) -> None:
    assert classify(stage, 530, "5.7.0 Authentication required").verdict is Verdict.paused


def test_a_server_that_turns_us_away_at_the_door_blames_no_letter() -> None:
    assert classify(Stage.connect, 421, "too many connections").verdict is Verdict.unreachable
    assert classify(Stage.connect, 554, "no service here").verdict is Verdict.unreachable


@given(st.sampled_from([Stage.mail, Stage.rcpt, Stage.data]), st.text(max_size=40))
def test_silence_before_the_body_means_surely_not_taken(stage: Stage, what: str) -> None:
    assert silence(stage, what).verdict is Verdict.try_later


def test_silence_after_the_body_means_perhaps_taken() -> None:
    assert silence(Stage.body, "no answer in time").verdict is Verdict.unknown


@given(st.sampled_from(list(Stage)), st.integers(-1, 999), st.text(max_size=300))
def test_only_a_2xx_after_the_body_is_an_acceptance(stage: Stage, code: int, text: str) -> None:
    accepted = classify(stage, code, text).verdict is Verdict.accepted
    assert accepted == (stage is Stage.body and 200 <= code < 300)


@given(st.sampled_from(list(Stage)), st.integers(100, 999))
def test_an_unexpected_code_after_the_body_is_unknown_never_a_refusal(stage: Stage, code: int) -> None:
    if stage is Stage.body and not 400 <= code < 600 and not 200 <= code < 300:
        assert classify(stage, code, "?").verdict is Verdict.unknown


def test_a_servers_words_lose_every_address_and_the_recipients_name() -> None:
    text = "5.1.1 <Aino.Virtanen@example.com> unknown; ask postmaster@example.net\r\n\taino.virtanen has no mailbox"
    words = scrub(text, "aino.virtanen@example.com")
    assert words == "5.1.1 <address> unknown; ask <address> <address> has no mailbox"


@given(st.text(max_size=500), st.emails())
def test_scrubbed_words_are_one_short_line_without_the_address(text: str, address: str) -> None:
    words = scrub(f"{text} {address} {text}", address)
    assert address not in words
    assert len(words) <= LONGEST
    assert "\n" not in words
    assert "\r" not in words
