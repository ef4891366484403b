"""The life of a letter: where it stands, what came back, where it stands next.

Four laws. Every letter that goes on being tried ends. A letter in doubt (a body begun, no answer) is offered once
more, never oftener, and not at all with `never_twice`. A letter in doubt ends as accepted or as unknown: whatever else
happens later, a copy may be out, and a person is told so. A letter that ends the process of whoever sends it is set
aside, and no other is with it: a process that dies takes a whole claim with it, so its letters are suspects first.
They are claimed last, in groups, and those of a group that dies again alone (`suspects`); only what was alone is blamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from composer.dispatch import retry
from composer.domain.outcome import OutboxState, Outcome, Verdict

FINAL = frozenset({OutboxState.accepted, OutboxState.refused, OutboxState.skipped, OutboxState.expired})
WAITING = frozenset({OutboxState.planned, OutboxState.try_later, OutboxState.unknown})
"""States a letter rests in between attempts; `unknown` waits only while it has a due time."""
NO_ANSWER = "no answer after the body"
OTHER_BYTES = "held: its bytes would differ from those that may be out (sender, signature or templates have changed)"
AGAIN_AFTER = timedelta(minutes=1)
"""When a letter that met no server comes back, where the schedule is empty."""
GROUP = 20
"""Suspects that are claimed together: one dead process leads from a claim to a group, the next one to the letters of that group."""
REHEARSED = 2
"""From so many dead processes on a letter is composed in a process of its own first."""
ALONE = 3
"""From so many on it is claimed alone too. Not before: kills from outside make whole claims suspects, which one by one take minutes."""
DEATHS = 6
"""So many dead processes, the last three with no other letter under way, set a letter aside that could be composed."""
SET_ASIDE = "set aside after three tries: composing it ends the process"
SENDING_KILLS = "set aside after three tries with no other letter under way: each ended the process"


@dataclass(frozen=True, slots=True)
class Rules:
    """delivery.retry, delivery.never_twice and delivery.give_up."""

    schedule: Sequence[timedelta]
    never_twice: bool = False
    give_up: timedelta | None = None
    """A letter whose hour is longer ago than this is not tried again."""

    @property
    def bodies(self) -> int:
        """How many bodies may be offered without an answer."""
        return 1 if self.never_twice else 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a letter stands. `attempts` counts answered or broken-off tries, `in_doubt` bodies without an answer."""

    state: OutboxState
    due_at: datetime | None = None
    attempts: int = 0
    in_doubt: int = 0
    reason: str = ""
    lost: int = 0
    """Processes that died with it before its body was begun, since the last answer."""


def is_final(standing: Standing) -> bool:
    """Tell whether nothing more happens by itself; an unknown letter then waits for a person."""
    return standing.state in FINAL or (standing.state is OutboxState.unknown and standing.due_at is None)


def at_rest(attempts: int, in_doubt: int) -> OutboxState:
    """The state in which a letter waits for its next attempt."""
    if in_doubt:
        return OutboxState.unknown
    return OutboxState.try_later if attempts else OutboxState.planned


def after(before: Standing, outcome: Outcome, now: datetime, rules: Rules, key: str, hour: datetime | None = None) -> Standing:
    """Return where a letter stands after an attempt.

    `before` is its standing when claimed, `key` spreads its retries, `hour` is when it was meant to leave.
    """
    tries, doubt = before.attempts + 1, before.in_doubt
    reason = f"{outcome.code} {outcome.text}".strip() if outcome.code else outcome.text
    match outcome.verdict:
        case Verdict.accepted:
            return Standing(OutboxState.accepted, None, tries, doubt)
        case Verdict.unknown:
            again = retry.due(now, tries, rules.schedule, key) if doubt + 1 < rules.bodies else None
            return Standing(OutboxState.unknown, again, tries, doubt + 1, reason)
        case Verdict.try_later:
            again = retry.due(now, tries, rules.schedule, key)
            too_old = rules.give_up is not None and hour is not None and now >= hour + rules.give_up
            if again is None or too_old:
                return ended(before, OutboxState.refused, f"gave up after {tries} {'try' if tries == 1 else 'tries'}: {reason}", tries)
            return Standing(at_rest(tries, doubt), again, tries, doubt, reason)
        case Verdict.refused:
            return ended(before, OutboxState.refused, reason, tries)
        case Verdict.withdrawn:
            return ended(before, OutboxState.skipped, reason)
        case Verdict.paused:
            return Standing(at_rest(before.attempts, doubt), before.due_at, before.attempts, doubt, reason)
        case Verdict.unreachable:
            again = retry.due(now, 1, rules.schedule, key) or now + AGAIN_AFTER
            return Standing(at_rest(before.attempts, doubt), again, before.attempts, doubt, reason)


def ended(before: Standing, state: OutboxState, reason: str, attempts: int | None = None) -> Standing:
    """End a letter as `state`; one in doubt ends as unknown, with both facts in its reason."""
    tries = before.attempts if attempts is None else attempts
    if before.in_doubt:
        return Standing(OutboxState.unknown, None, tries, before.in_doubt, f"{NO_ANSWER}, then: {reason}")
    return Standing(state, None, tries, 0, reason)


def after_lost_lease(before: Standing, now: datetime, rules: Rules, key: str) -> Standing:
    """Return where a letter stands whose sender died. `before.in_doubt` counts bodies whose beginning was recorded."""
    if not before.in_doubt:
        lost = before.lost + 1
        if lost >= DEATHS:
            return ended(before, OutboxState.refused, SENDING_KILLS)
        return Standing(at_rest(before.attempts, 0), now, before.attempts, lost=lost)
    tries = before.attempts + 1  # a try that was broken off, whichever body it was about: else it would be due again for ever
    again = retry.due(now, tries, rules.schedule, key) if before.in_doubt < rules.bodies else None
    return Standing(OutboxState.unknown, again, tries, before.in_doubt, NO_ANSWER)
