"""Readers: what people, gateways and picture proxies do when letters reach them.

Every draw is a hash of the person, the letter's arrival and what it is for: what one person does never depends on which letters
are asked about together. Readers remember what they were shown: interest falls with each showing and comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from composer.decide.draw import uniform
from composer.domain.audience import Array
from composer.domain.content import Library
from composer.simulate.crowd import Crowd
from composer.simulate.hours import FRESH_HOURS, HOUR, WEEK_HOURS, attention, habit_of, local_hour, waiting
from composer.simulate.purchases import DAY, PRODUCTS_EACH, Purchases, in_order
from composer.simulate.truth import EXAMINED, KEEN, MOST, Truth

TIRED = 0.3
"""Share of what interest was left that a showing takes away."""
RECOVERS = 40.0
"""Days until half of what was taken has come back."""
BUYS, BUYS_WITHIN = 0.06, 2 * DAY
"""Chance that a click ends in a purchase of its subject, and how soon."""
LEAVES, BORED = 0.0004, 0.008
"""Chance that a reader ends the letters: in any case, and more the less of the letter was for them."""
PICTURES = 0.7
"""Share of readers' looks in which pictures are loaded, where no proxy does it."""
GATEWAY_SECONDS = 20
PROXY_HOURS = 24.0


@dataclass(frozen=True)
class Letters:
    """L letters of up to P blocks: `reader` int64[L], `second` int64[L] of arrival since 1970 UTC, `modules` int64[L, P] in reading
    order (-1: no more), `tones` int64[L, P] into library.tones.
    """

    reader: Array
    second: Array
    modules: Array
    tones: Array

    def __len__(self) -> int:
        return len(self.reader)


@dataclass(frozen=True)
class Acts:
    """Things done to letters: `letter` int64[K] (row of Letters), `position` int64[K] from 1 (0: none), `second` int64[K],
    `machine` bool[K]: no person did it.
    """

    letter: Array
    position: Array
    second: Array
    machine: Array

    def __len__(self) -> int:
        return len(self.letter)


@dataclass(frozen=True)
class Reactions:
    """What came of letters. `orders` are those that clicks led to."""

    clicks: Acts
    opens: Acts
    leaves: Acts
    orders: Purchases


@dataclass
class Readers:
    """A crowd before a library, with its memory: `worn` float32[N, M] after the last showing, and its day `shown` float64[N, M]."""

    crowd: Crowd
    library: Library
    truth: Truth = field(init=False)
    worn: Array = field(init=False)
    shown: Array = field(init=False)

    def __post_init__(self) -> None:
        size = (len(self.crowd), len(self.library.modules))
        self.truth = Truth(self.crowd, self.library)
        self.worn = np.zeros(size, dtype=np.float32)
        self.shown = np.zeros(size)

    def chances(self, rows: Array, second: Array) -> Array:
        """float32[L, M]: chance that people (int64[L]) would follow each module in plain words, had they looked at it at that time."""
        days = (second / DAY)[:, None] - self.shown[rows]
        worn = self.worn[rows] * np.exp2(-np.maximum(days, 0) / RECOVERS).astype(np.float32)
        return self.truth.chances(rows, second, worn)

    def attention(self, letters: Letters) -> Array:
        """float64[L]: what the hour of arrival leaves of the chances: read at all, and how late."""
        found: Array = attention()[self._habit(letters.reader), local_hour(self.crowd, letters.reader, letters.second)]
        return found

    def expected(self, letters: Letters) -> Array:
        """float64[L, P]: the true chance of a person's click on each block; 0 where there is none. Ask before `react`."""
        return self._looked_at(letters) * _examined(letters) * self.attention(letters)[:, None]

    def _looked_at(self, letters: Letters) -> Array:
        chances = np.take_along_axis(self.chances(letters.reader, letters.second), np.maximum(letters.modules, 0), axis=1)
        worth = self.truth.tone_worth(letters.reader, letters.tones)
        return np.where(letters.modules >= 0, np.minimum(chances * worth, MOST), 0.0)

    def _habit(self, rows: Array) -> Array:
        return habit_of(self.crowd.hour[rows], self.crowd.workdays[rows])

    def react(self, letters: Letters) -> Reactions:
        """Let everybody act on their letters, and remember what they were shown. One person gets one letter at a time."""
        looked_at = self._looked_at(letters)
        draws = _Draws(letters, self.crowd.seed)
        hours, seconds = self._reads(letters, draws)
        read, fresh = hours < WEEK_HOURS, np.exp2(-hours / FRESH_HOURS)
        clicked = draws.each("click") < looked_at * _examined(letters) * (fresh * read)[:, None]
        by_people = _acts(clicked, seconds[:, None] + 15 * np.arange(1, clicked.shape[1] + 1), machine=False)
        scanned = self.crowd.scanned[letters.reader]
        quick = letters.second[:, None] + 1 + (draws.each("gateway") * GATEWAY_SECONDS).astype(np.int64)
        by_gateways = _acts(scanned[:, None] & (letters.modules >= 0), quick, machine=True)
        bored = 1 - np.minimum(looked_at.max(axis=1, initial=0.0) / KEEN, 1.0)
        leaves = read & (draws.one("leave") < LEAVES + BORED * bored**2)
        self._remember(letters)
        return Reactions(
            _together(by_people, by_gateways),
            self._opens(letters, draws, seconds, read),
            _acts(leaves[:, None], seconds[:, None] + 120, machine=False, positions=False),
            self._orders(letters, draws, by_people),
        )

    def _reads(self, letters: Letters, draws: _Draws) -> tuple[Array, Array]:
        """int64[L] full hours that pass before it is read (WEEK_HOURS: it is not), and int64[L] the second at which it is."""
        within = waiting()[self._habit(letters.reader), local_hour(self.crowd, letters.reader, letters.second)]
        hours = (within <= draws.one("read")[:, None]).sum(axis=1)
        second = (letters.second // HOUR + hours) * HOUR + (draws.one("minute") * HOUR).astype(np.int64)
        return hours, np.maximum(second, letters.second + 60)

    def _opens(self, letters: Letters, draws: _Draws, seconds: Array, read: Array) -> Acts:
        proxied = self.crowd.proxied[letters.reader]
        by_people = _acts((read & ~proxied & (draws.one("pictures") < PICTURES))[:, None], seconds[:, None], machine=False, positions=False)
        loaded = letters.second + (draws.one("proxy") * PROXY_HOURS * HOUR).astype(np.int64)
        return _together(by_people, _acts(proxied[:, None], loaded[:, None], machine=True, positions=False))

    def _orders(self, letters: Letters, draws: _Draws, clicks: Acts) -> Purchases:
        bought = draws.each("buy")[clicks.letter, clicks.position - 1] < BUYS
        module = letters.modules[clicks.letter, clicks.position - 1]
        buys = np.flatnonzero(bought & self.truth.about[module].any(axis=1))
        letter, reader = clicks.letter[buys], letters.reader[clicks.letter[buys]]
        liked = np.where(self.truth.about[module[buys]], self.crowd.tastes[reader], -1.0)
        product = 1 + (draws.one("product")[letter] * PRODUCTS_EACH).astype(np.int64)
        return in_order(
            reader, liked.argmax(axis=1), product, clicks.second[buys] + 600 + (draws.one("when")[letter] * BUYS_WITHIN).astype(np.int64)
        )

    def _remember(self, letters: Letters) -> None:
        day = letters.second / DAY
        for p in range(letters.modules.shape[1]):
            rows = np.flatnonzero(letters.modules[:, p] >= 0)
            reader, module = letters.reader[rows], letters.modules[rows, p]
            left = self.worn[reader, module] * np.exp2(-np.maximum(day[rows] - self.shown[reader, module], 0) / RECOVERS)
            self.worn[reader, module] = 1 - (1 - left) * (1 - TIRED)
            self.shown[reader, module] = day[rows]


class _Draws:
    """Uniform draws for letters: one a letter, or one a block."""

    def __init__(self, letters: Letters, seed: int) -> None:
        self._key = (letters.reader.astype(np.uint64) << np.uint64(34)) ^ letters.second.astype(np.uint64)
        self._seed, self._places = f"readers {seed}", letters.modules.shape[1]

    def one(self, purpose: str) -> Array:
        """float64[L]"""
        return uniform(self._key, self._seed, purpose)

    def each(self, purpose: str) -> Array:
        """float64[L, P]"""
        return np.stack([self.one(f"{purpose} {p}") for p in range(self._places)], axis=1)


def _examined(letters: Letters) -> Array:
    places = letters.modules.shape[1]
    return np.array([EXAMINED[min(p, len(EXAMINED) - 1)] for p in range(places)])


def _acts(done: Array, second: Array, *, machine: bool, positions: bool = True) -> Acts:
    letter, place = np.nonzero(done)
    return Acts(letter, place + 1 if positions else np.zeros_like(place), second[letter, place], np.full(len(letter), machine))


def _together(*parts: Acts) -> Acts:
    return Acts(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("letter", "position", "second", "machine")))
