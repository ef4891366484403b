"""The life of a letter: it ends, it is never offered thrice without an answer, and doubt is never forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.states import (
    DEATHS,
    FINAL,
    SENDING_KILLS,
    WAITING,
    Rules,
    Standing,
    after,
    after_lost_lease,
    at_rest,
    ended,
    is_final,
)
from composer.domain.outcome import OutboxState, Outcome, Verdict

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SCHEDULE = tuple(timedelta(minutes=m) for m in (1, 5, 30))
RULES = st.builds(Rules, st.lists(st.timedeltas(timedelta(0), timedelta(days=2)), max_size=6).map(tuple), st.booleans())
BLAMING = st.sampled_from([Verdict.accepted, Verdict.try_later, Verdict.refused, Verdict.unknown, Verdict.withdrawn])
BLAMELESS = st.sampled_from([Verdict.paused, Verdict.unreachable])
LOST = "lost lease"
START = Standing(OutboxState.planned, NOW)


def step(standing: Standing, happening: str, now: datetime, rules: Rules, *, begun: bool = False) -> Standing:
    if happening == LOST:
        found = Standing(OutboxState.sending, standing.due_at, standing.attempts, standing.in_doubt + begun, lost=standing.lost)
        return after_lost_lease(found, now, rules, "letter")
    return after(standing, Outcome(Verdict(happening), 450, "words"), now, rules, "letter")


@given(RULES, st.lists(BLAMING, min_size=8, max_size=8))
def test_every_path_of_tries_ends(rules: Rules, verdicts: list[Verdict]) -> None:
    standing, now = START, NOW
    for verdict in verdicts:
        if is_final(standing):
            break
        assert standing.state in WAITING
        assert standing.due_at is not None
        now = max(now, standing.due_at)
        standing = step(standing, verdict, now, rules)
    assert is_final(standing)


@given(RULES, st.lists(st.one_of(BLAMING, BLAMELESS, st.just(LOST)), max_size=30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_bodies_without_an_answer_are_two_at_most_and_one_with_never_twice(rules: Rules, happenings: list[str], begun: list[bool]) -> None:
    standing, now, bodies = START, NOW, 0
    for happening, body in zip(happenings, begun, strict=False):
        if is_final(standing):
            break
        now = max(now, standing.due_at or now)
        bodies += happening == Verdict.unknown or (happening == LOST and body)
        standing = step(standing, happening, now, rules, begun=body)
        assert standing.in_doubt == bodies or standing.state in FINAL
    assert bodies <= (1 if rules.never_twice else 2)


@given(RULES, st.lists(st.one_of(BLAMING, BLAMELESS, st.just(LOST)), max_size=30))
def test_a_letter_in_doubt_ends_as_accepted_or_unknown(rules: Rules, happenings: list[str]) -> None:
    standing, now = START, NOW
    for happening in happenings:
        if is_final(standing):
            break
        now = max(now, standing.due_at or now)
        standing = step(standing, happening, now, rules)
        if standing.in_doubt:
            assert standing.state in (OutboxState.accepted, OutboxState.unknown)


@given(RULES, st.lists(BLAMELESS, max_size=10))
def test_trouble_on_the_way_costs_a_letter_nothing_but_time(rules: Rules, verdicts: list[Verdict]) -> None:
    standing = Standing(OutboxState.try_later, NOW, attempts=2)
    for verdict in verdicts:
        standing = step(standing, verdict, NOW, rules)
    assert (standing.state, standing.attempts, standing.in_doubt) == (OutboxState.try_later, 2, 0)
    assert standing.due_at is not None


@given(st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=2)), min_size=2, max_size=6).map(tuple))
def test_unknown_is_retried_exactly_once_then_shown_to_a_person(schedule: tuple[timedelta, ...]) -> None:
    rules = Rules(schedule)
    once = step(START, Verdict.unknown, NOW, rules)
    assert once.state is OutboxState.unknown
    assert once.due_at is not None
    twice = step(once, Verdict.unknown, once.due_at, rules)
    assert (twice.state, twice.due_at, twice.in_doubt) == (OutboxState.unknown, None, 2)


def test_with_never_twice_an_unknown_letter_is_held() -> None:
    held = step(START, Verdict.unknown, NOW, Rules(SCHEDULE, never_twice=True))
    assert (held.state, held.due_at) == (OutboxState.unknown, None)


def test_a_letter_whose_sender_died_before_the_body_is_due_at_once() -> None:
    again = step(START, LOST, NOW, Rules(SCHEDULE, never_twice=True))
    assert (again.state, again.due_at, again.attempts) == (OutboxState.planned, NOW, 0)


def test_a_letter_whose_sender_died_in_the_body_is_unknown() -> None:
    assert step(START, LOST, NOW, Rules(SCHEDULE), begun=True).due_at is not None
    assert is_final(step(START, LOST, NOW, Rules(SCHEDULE, never_twice=True), begun=True))


def test_a_letter_with_which_every_process_died_is_set_aside_and_any_answer_clears_it() -> None:
    standing, dead = START, 0
    while not is_final(standing):
        assert (standing.lost, standing.due_at) == (dead, NOW)
        standing, dead = step(standing, LOST, NOW, Rules(SCHEDULE)), dead + 1
    assert (dead, standing.state, standing.reason) == (DEATHS, OutboxState.refused, SENDING_KILLS)
    suspect = Standing(OutboxState.planned, NOW, lost=DEATHS - 1)
    for verdict in Verdict:
        assert step(suspect, verdict, NOW, Rules(SCHEDULE)).lost == 0


def test_a_letter_in_doubt_is_never_set_aside() -> None:
    doubted = step(Standing(OutboxState.planned, NOW, lost=DEATHS - 1), LOST, NOW, Rules(SCHEDULE), begun=True)
    assert (doubted.state, doubted.lost) == (OutboxState.unknown, 0)


def test_a_letter_in_doubt_with_which_processes_die_again_and_again_is_held_for_a_person() -> None:
    standing, dead = step(START, LOST, NOW, Rules(SCHEDULE), begun=True), 1
    while standing.due_at is not None:
        assert dead <= len(SCHEDULE)
        standing, dead = step(standing, LOST, standing.due_at, Rules(SCHEDULE)), dead + 1
    assert (standing.state, standing.in_doubt) == (OutboxState.unknown, 1)


def test_giving_up_names_the_tries_and_the_last_answer() -> None:
    standing = START
    for _ in range(4):
        standing = step(standing, Verdict.try_later, NOW, Rules(SCHEDULE))
    assert (standing.state, standing.reason) == (OutboxState.refused, "gave up after 4 tries: 450 words")


def test_an_opt_out_skips_a_letter_and_does_not_hide_a_possible_copy() -> None:
    assert after(START, Outcome(Verdict.withdrawn, 0, "no consent"), NOW, Rules(SCHEDULE), "letter").state is OutboxState.skipped
    doubted = after(Standing(OutboxState.unknown, NOW, 1, 1), Outcome(Verdict.withdrawn, 0, "no consent"), NOW, Rules(SCHEDULE), "letter")
    assert (doubted.state, doubted.due_at) == (OutboxState.unknown, None)
    assert doubted.reason == "no answer after the body, then: no consent"


def test_the_state_of_rest_tells_what_happened_before() -> None:
    assert at_rest(0, 0) is OutboxState.planned
    assert at_rest(2, 0) is OutboxState.try_later
    assert at_rest(1, 1) is OutboxState.unknown
    assert ended(Standing(OutboxState.try_later, NOW, 2), OutboxState.expired, "late").state is OutboxState.expired
