"""Play weeks of letters in memory: decide, let readers act, learn, beside an oracle; to plan for sizes that no test machine holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from types import ModuleType

import numpy as np

from composer.decide import decide, eligibility, signals
from composer.discover import discover
from composer.domain.audience import Array
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Edition, Window
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.learn import retrain
from composer.learn.uplift import ArmSum, Uplift, uplift
from composer.simulate.crowd import make_crowd
from composer.simulate.log import Log, Sent, read_off
from composer.simulate.memory import Memory
from composer.simulate.oracle import oracle
from composer.simulate.purchases import DAY, Purchases, history, week_of
from composer.simulate.readers import Acts, Readers

START = datetime(2026, 3, 2, 5, tzinfo=UTC)
"""A Monday morning."""
WEEKLY = Campaign("weekly", holdout=0.2, window=Window(days=(0, 1, 2, 3, 4), opens=time(8), closes=time(18)))
QUIET = (21, 7)
PAGE = 5_000
"""People decided for at a time: 47 modules take about 60 MB."""
TAUGHT = 4_000
"""People whose letters are learnt from: weights hardly change beyond, and learning stays a small part of the work."""


@dataclass(frozen=True)
class Played:
    """What weeks of letters came to, of people whose clicks may be measured unless it says otherwise.

    `letters` int64[W, 2], `clicks` int64[W, 2] of people, `by_machine` int64[W, 2], `expected` and `oracle` float64[W, 2]: true expected
    clicks of what was sent and of the best that could have been; columns are personal and hold-out. `sent` counts letters to
    everybody, `left` those who ended them. `gain` compares clicks by person.
    """

    letters: Array
    clicks: Array
    by_machine: Array
    expected: Array
    oracle: Array
    sent: int
    left: int
    gain: Uplift | None
    beliefs: Beliefs

    def share_of_oracle(self, weeks: slice = slice(None), column: int = 0) -> float:
        """Expected clicks of the arm's letters over the oracle's, by the same people under the same rules."""
        return float(self.expected[weeks, column].sum() / self.oracle[weeks, column].sum())

    def per_letter(self, column: int) -> float:
        """Expected clicks a letter."""
        return float(self.expected[:, column].sum() / self.letters[:, column].sum())


@dataclass
class _Stage:
    """The pieces on the stage."""

    library: Library
    readers: Readers
    memory: Memory
    log: Log
    rules: dict[str, ModuleType]
    signals: dict[str, ModuleType]
    seed: int


def play(library: Library, people: int, weeks: int, seed: int = 1, tell: Callable[[int], None] = lambda _: None) -> Played:
    """Play a weekly campaign with a hold-out. `tell` is called with each week that is over. The same arguments give the same result."""
    crowd = make_crowd(people, START, seed)
    memory = Memory(crowd, library)
    stage = _Stage(library, Readers(crowd, library), memory, Log(memory, TAUGHT), discover(eligibility), discover(signals), seed)
    _sell(stage, history(crowd))
    beliefs = _learn(stage, Beliefs(), START)
    counts = {name: np.zeros((weeks, 2)) for name in ("letters", "clicks", "by_machine", "expected", "oracle")}
    by_person = np.zeros((people, 2, 2), dtype=np.int64)
    sent = 0
    for week in range(weeks):
        for first in range(0, people, PAGE):
            sent += _page(stage, week, np.arange(first, min(first + PAGE, people)), beliefs, counts, by_person)
        _sell(stage, week_of(crowd, week))
        beliefs = _learn(stage, beliefs, START + timedelta(weeks=week + 1))
        tell(week + 1)
    whole = {name: values if name in ("expected", "oracle") else values.astype(np.int64) for name, values in counts.items()}
    gain = uplift(*(_arm(by_person[:, arm]) for arm in range(2)))
    return Played(**whole, sent=sent, left=int(memory.left.sum()), gain=gain, beliefs=beliefs)


def _page(stage: _Stage, week: int, rows: Array, beliefs: Beliefs, counts: dict[str, Array], by_person: Array) -> int:
    monday = START + timedelta(weeks=week)
    moment = Moment(monday, monday, "simulate")
    edition = Edition(WEEKLY.name, monday)
    audience = stage.memory.audience(rows, int(monday.timestamp()))
    decided = decide(audience, stage.library, WEEKLY, edition, moment, beliefs, stage.rules, stage.signals, QUIET)
    sent = read_off(decided, rows)
    letters = sent.letters
    best = oracle(stage.readers, letters, decided.candidates.allowed[sent.row], stage.library, decided.layout)
    expected = stage.readers.expected(letters).sum(axis=1)
    found = stage.readers.react(letters)
    watched = stage.memory.crowd.in_force[letters.reader] >= Level.premium
    arm = sent.holdout.astype(np.int64)
    clicks = np.bincount(found.clicks.letter[~found.clicks.machine], minlength=len(letters))
    machine = np.bincount(found.clicks.letter[found.clicks.machine], minlength=len(letters))
    for name, values in (
        ("letters", np.ones(len(letters))),
        ("clicks", clicks),
        ("by_machine", machine),
        ("expected", expected),
        ("oracle", best),
    ):
        counts[name][week] += np.bincount(arm[watched], weights=values[watched], minlength=2)
    by_person[letters.reader[watched], arm[watched]] += np.stack([np.ones(len(letters), dtype=np.int64), clicks], axis=1)[watched]
    _note(stage.memory, sent, found.clicks)
    stage.log.add(sent, found.clicks)
    _sell(stage, found.orders)
    stage.memory.left[letters.reader[found.leaves.letter]] = True
    return len(letters)


def _sell(stage: _Stage, purchases: Purchases) -> None:
    stage.memory.add_purchases(purchases)
    stage.log.purchases.append(purchases)


def _note(memory: Memory, sent: Sent, clicks: Acts) -> None:
    """Note what was shown and clicked, as the store would: a link that a gateway followed counts as followed."""
    letters, own = sent.letters, memory.sums
    clicked = np.zeros(letters.modules.shape)
    clicked[clicks.letter, clicks.position - 1] = 1
    own["letters"][letters.reader] += 1
    day = ((letters.second - memory.crowd.start.timestamp()) / DAY).astype(np.float32)
    for p in range(letters.modules.shape[1]):
        at = np.flatnonzero(letters.modules[:, p] >= 0)
        reader, module = letters.reader[at], letters.modules[at, p]
        own["shown"][reader, module] += 1
        own["shown_day"][reader, module] = day[at]
        own["shown_letter"][reader, module] = own["letters"][reader]
        own["clicked"][reader, module] += clicked[at, p].astype(np.int16)
        for axis, word in (("tone", letters.tones[at, p]), ("opening", sent.words["opening"][at])):
            own[f"{axis}_clicked"][reader, word] += clicked[at, p].astype(np.float32)
            own[f"{axis}_expected"][reader, word] += sent.score[at, p]


def _learn(stage: _Stage, beliefs: Beliefs, now: datetime) -> Beliefs:
    names = tuple(sorted(stage.signals))
    history = stage.log.history(int(now.timestamp()), names)
    values = retrain(history, stage.library, Moment(now, now, "retrain"), stage.signals)
    return replace(beliefs, values=values, version=f"{now:%Y-%m-%d}")


def _arm(sums: Array) -> ArmSum:
    """`sums` int64[N, 2]: letters and clicks of each person."""
    letters, clicks = sums[sums[:, 0] > 0].T
    totals = (len(letters), letters.sum(), clicks.sum(), (letters**2).sum(), (letters * clicks).sum(), (clicks**2).sum())
    return ArmSum(*map(int, totals))
