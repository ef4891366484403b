"""The slate: the best candidates, greedily, into the layout's places, with few of one group.

Pinned slots are for context (a storm, a thank-you, a signature): they are filled first, before the greedy choice. A campaign's own
pins are in before that (pins.py). Two modules that exclude each other are never in one letter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.decide.running import CLOSED, Running, live_keys
from composer.decide.scoring import chance
from composer.domain.audience import Array
from composer.domain.content import Layout, Library
from composer.domain.reasons import Source

SOURCES = tuple(Source)
RANKED = SOURCES.index(Source.ranked)


@dataclass(frozen=True, slots=True)
class Place:
    """One block's place in reading order. A slot with count [3, 4] is three required places and an optional one."""

    slot: str
    takes: Array
    """bool[M]: the modules whose kind may stand here."""
    open: bool
    """Bound to no kinds: exploration may replace what stands here."""
    required: bool
    pinned: bool


@dataclass
class Slate:
    """P places. `chosen` int16[R, P]: module or -1; `source` int8[R, P] into SOURCES."""

    places: tuple[Place, ...]
    chosen: Array
    source: Array

    @property
    def count(self) -> Array:
        """int64[R]: blocks chosen."""
        counts: Array = (self.chosen >= 0).sum(axis=1)
        return counts


def lay_out(layout: Layout, library: Library) -> tuple[Place, ...]:
    """Return the layout's places in reading order."""
    kinds = {module.kind for module in library.modules}
    fits = {slot.name: {kind for kind in kinds if layout.takes(slot, kind)} for slot in layout.slots}
    takes = {name: np.array([module.kind in fit for module in library.modules], dtype=bool) for name, fit in fits.items()}
    return tuple(
        Place(slot.name, takes[slot.name], not slot.kinds, i < slot.least, slot.pinned) for slot in layout.slots for i in range(slot.most)
    )


def in_filling_order(places: tuple[Place, ...]) -> list[int]:
    """Pinned places first, then required ones, each kind in reading order."""
    return sorted(range(len(places)), key=lambda p: (not places[p].pinned, not places[p].required, p))


def open_slate(keys: Array, allowed: Array, library: Library, layout: Layout) -> tuple[Slate, Running]:
    """Return empty letters, and what is in the running for them."""
    places = lay_out(layout, library)
    chosen, source = np.full((len(keys), len(places)), -1, dtype=np.int16), np.full((len(keys), len(places)), RANKED, dtype=np.int8)
    return Slate(places, chosen, source), Running.start(keys, allowed, library, layout.per_group)


def fill_slate(slate: Slate, running: Running, layout: Layout, keep: float) -> None:
    """Fill the empty places, best first; equals take turns over readers (scoring). At most `per_group` blocks share a group.

    A pinned place takes whatever may stand there. An optional place is filled while the letter is shorter than `least_blocks`,
    or where the candidate's click probability is at least `keep` times that of the best block that is not pinned.
    What cannot be filled stays empty: see fallback.
    """
    if not running.library.modules:
        return
    rows = np.arange(len(slate.chosen))
    best = np.full(len(rows), CLOSED)
    for p in in_filling_order(slate.places):
        place = slate.places[p]
        pick, key = best_for(place, running.live)
        take = (key > CLOSED) & (slate.chosen[:, p] < 0) & (slate.count < layout.most_blocks)
        if not place.required and not place.pinned:
            take &= (slate.count < layout.least_blocks) | (chance(key) >= keep * chance(best))
        taking, picked = rows[take], pick[take]
        slate.chosen[taking, p] = picked
        if not place.pinned:
            best[taking] = np.maximum(best[taking], key[take])
        running.take(taking, picked)


def best_for(place: Place, live: Array) -> tuple[Array, Array]:
    """Return the best live module (int64[R]) for a place, and its key: CLOSED where there is none."""
    few = np.flatnonzero(place.takes)
    if 0 < len(few) < len(place.takes) // 4:
        some = live[:, few]
        first = some.argmax(axis=1)
        return few[first], some[np.arange(len(live)), first]
    live = live_keys(live, place.takes)
    pick = live.argmax(axis=1)
    return pick, live[np.arange(len(live)), pick]
