"""A newsletter: what was decided for one recipient, with everything needed to explain and to replay it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from composer.domain.content import PLAIN
from composer.domain.level import Level
from composer.domain.reasons import Arm, Skip, Source
from composer.domain.sentence import SILENCE, Sentence


@dataclass(frozen=True, slots=True)
class Choice:
    """Words chosen for this reader among `options`, logged like a block: a tone of voice, or how the letter opens."""

    chosen: str = PLAIN
    options: tuple[str, ...] = (PLAIN,)
    probability: float = 1.0
    """The chance the design gave to `chosen`."""
    reason: Sentence = SILENCE


@dataclass(frozen=True, slots=True)
class Block:
    """A module in its place. `score` is the click probability; `terms` are (signal, contribution to the log-odds).

    `probability` is the chance the design gave this module at this position (logged for off-policy estimates).
    """

    module: str
    variant: str
    position: int
    slot: str
    source: Source
    score: float
    probability: float
    terms: tuple[tuple[str, float], ...] = ()
    bonus: tuple[tuple[str, float], ...] = ()
    """(name, log-odds) of what ranked it beyond its chance of a click: our own interest in it, curiosity. No part of the score."""
    values: tuple[tuple[str, float], ...] = ()
    """(signal, value in 0..1): what learning reads."""
    reasons: tuple[Sentence, ...] = ()
    """One to three, strongest first."""
    call: str = ""
    """The journey stage whose call to action it carries; empty: the module's own."""


@dataclass(frozen=True, slots=True)
class ExplorationLog:
    """All that makes every probability of this letter a closed form. Modules are names; slots are positions from 1."""

    policy: str
    beliefs: str
    epsilon: float
    base: tuple[str, ...]
    pool: tuple[str, ...]
    eligible: tuple[str, ...]
    unpinned: int
    explored_position: int = 0
    """0: nothing was replaced."""
    signals: tuple[str, ...] = ()
    steps: tuple[tuple[int, ...], ...] = ()
    """What another policy would have seen: for each module of base, then of pool, the signals' values in whole steps of 2^-16, in
    the order of `signals`. Empty without exploration, for then no other policy can be judged."""


@dataclass(frozen=True, slots=True)
class Newsletter:
    """One recipient's letter before rendering. Frozen at the first attempt; replaying it gives the same bytes."""

    recipient_id: str
    recipient_number: int
    edition: str
    arm: Arm
    level: Level
    language: str
    layout: str
    blocks: tuple[Block, ...]
    subject: str
    preheader: str
    send_at: datetime
    hour_reasons: tuple[Sentence, ...]
    hour_probability: float = 1.0
    tone: Choice = Choice()
    opening: Choice = Choice()
    """Opening of the first block; where the campaign gives the subject there is nothing to choose."""
    log: ExplorationLog | None = None
    basis: str = ""
    """The ground it is sent on (domain.consent.Basis); empty in letters decided before it was kept."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A recipient who gets nothing, and the one reason why."""

    recipient_id: str
    recipient_number: int
    edition: str
    arm: Arm
    reason: Skip


@dataclass(frozen=True, slots=True)
class Loser:
    """A module that is not in the letter: the rule that removed it, or an empty string, its rank by score and what it lacked."""

    module: str
    rule: str
    score: float
    rank: int = 0
    """From 1, among all that no rule removed; equals share theirs."""
    lacked: Sentence = SILENCE


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one recipient's decision: the letter (or the skip) and every module left out."""

    outcome: Newsletter | Skipped
    losers: tuple[Loser, ...]
    redacted: tuple[str, ...] = field(default=())
    """Columns the recipient's level forbids."""
