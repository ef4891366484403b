"""What recipients decide about their own letters, and how a change of mind becomes lines of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from composer.domain.consent import LETTERS, OWN_SOURCES, TOPIC, ConsentRow, State, granted_purposes
from composer.domain.level import Level, level_in_force

DAYPARTS = ("morning", "midday", "afternoon", "evening")
FREQUENCIES = {"weekly": timedelta(days=7), "fortnightly": timedelta(days=14), "monthly": timedelta(days=30)}
"""What a person may ask for -> the least time between two letters, of all campaigns together."""
PAUSES = {"fortnight": timedelta(days=14), "month": timedelta(days=30), "quarter": timedelta(days=91)}
"""What a person may ask for -> for how long no letter comes."""

REASONS = ("often", "unfit", "unasked", "personal", "other")
"""Why people leave, as they may say in one press: too many letters, not of interest, never asked for, too personal, something else."""


@dataclass(frozen=True, slots=True)
class Choices:
    """One recipient's own settings. `ledger` is (purpose, state, source, at in epoch seconds), in ledger order."""

    recipient: int
    language: str
    level: Level
    daypart: str
    topics: tuple[str, ...]
    ledger: tuple[tuple[str, str, str, int], ...]
    reset_at: datetime | None = None
    """When they last had what was learnt about them forgotten."""
    frequency: str = ""
    """One of FREQUENCIES; empty: no wish."""
    paused_until: datetime | None = None
    time_zone: str = ""
    """IANA; empty: none is known."""

    @property
    def granted(self) -> frozenset[str]:
        return granted_purposes(self.ledger)

    @property
    def effective(self) -> Level:
        """The level that holds: what was chosen, as far as the consents allow."""
        return level_in_force(self.level.name, self.granted)

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists this person may switch: the letters, and each topic list the ledger names."""
        return LETTERS, *sorted({purpose for purpose, *_ in self.ledger if purpose.startswith(TOPIC)})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for on the preferences page. `offered` are the topics the page showed; others stay as they are.

    Everything else holds only what the person moved: `consents` purpose -> on, and None where a choice stays as it is. A page
    left open since last week therefore never undoes what was decided elsewhere meanwhile.
    """

    level: Level | None
    daypart: str | None
    topics: frozenset[str]
    offered: frozenset[str]
    consents: Mapping[str, bool]
    frequency: str | None = None
    """One of FREQUENCIES; empty: no wish."""
    language: str | None = None
    pause: timedelta | None = None
    """For how long from now on; zero: the pause is over."""


def topics_after(choices: Choices, wish: Wish) -> tuple[str, ...]:
    """Return the declared topics once the wish is granted, in name order."""
    return tuple(sorted((set(choices.topics) - wish.offered) | (wish.topics & wish.offered)))


def own_rows(choices: Choices, consents: Mapping[str, bool], source: str, wording: str, now: datetime) -> tuple[ConsentRow, ...]:
    """Return the lines that make the person's word hold; nothing for what they have said already.

    A line is always newer than what the same person said before, also within one second and where a clock
    stepped back: otherwise the ledger's "newest counts" could prefer the older word.
    """
    granted = choices.granted
    rows = []
    for purpose, wanted in consents.items():
        said = [(at, state) for name, state, by, at in choices.ledger if name == purpose and by in OWN_SOURCES]
        own = max(said, key=lambda word: word[0])[1] if said else ""
        if wanted == (purpose in granted) and (wanted or own == State.withdrawn):
            continue
        newest = max((at for at, _ in said), default=0)
        at = max(now, datetime.fromtimestamp(newest, UTC) + timedelta(seconds=1))
        rows.append(ConsentRow(purpose, State.granted if wanted else State.withdrawn, source, at, wording=wording))
    return tuple(rows)
