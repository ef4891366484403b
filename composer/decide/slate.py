"""The slate: the best candidates, greedily, into the layout's places, with few of one group.

Pinned slots are for context (a storm, a thank-you, a signature): they are filled first, before the greedy choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.decide.scoring import chance
from composer.domain.audience import Array
from composer.domain.content import Layout, Library
from composer.domain.reasons import Source

SOURCES = tuple(Source)
RANKED = SOURCES.index(Source.ranked)
CLOSED = np.iinfo(np.int64).min
"""The key of a module that is out of the running."""


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
    takes = {slot.name: np.array([layout.takes(slot, module.kind) for module in library.modules], dtype=bool) for slot in layout.slots}
    return tuple(
        Place(slot.name, takes[slot.name], not slot.kinds, i < slot.least, slot.pinned) for slot in layout.slots for i in range(slot.most)
    )


def in_filling_order(places: tuple[Place, ...]) -> list[int]:
    """Pinned places first, then required ones, each kind in reading order."""
    return sorted(range(len(places)), key=lambda p: (not places[p].pinned, not places[p].required, p))


def choose_slate(keys: Array, allowed: Array, library: Library, layout: Layout, keep: float) -> Slate:
    """Fill the places, best first; equals take turns over readers (scoring). At most `per_group` blocks share a group.

    A pinned place takes whatever may stand there. An optional place is filled while the letter is shorter than `least_blocks`,
    or where the candidate's click probability is at least `keep` times that of the best block that is not pinned.
    What cannot be filled stays empty: see fallback.
    """
    places = lay_out(layout, library)
    slate = Slate(places, np.full((len(keys), len(places)), -1, dtype=np.int16), np.full((len(keys), len(places)), RANKED, dtype=np.int8))
    if not library.modules:
        return slate
    live = np.where(allowed, keys, CLOSED)
    rows, groups = np.arange(len(keys)), library.groups
    used = np.zeros((len(keys), groups.max() + 1), dtype=np.int16)
    best = np.full(len(keys), CLOSED)
    for p in in_filling_order(places):
        pick, key = best_for(places[p], live)
        take = (key > CLOSED) & (slate.count < layout.most_blocks)
        if not places[p].required and not places[p].pinned:
            take &= (slate.count < layout.least_blocks) | (chance(key) >= keep * chance(best))
        taking, picked = rows[take], pick[take]
        slate.chosen[taking, p] = picked
        if not places[p].pinned:
            best[taking] = np.maximum(best[taking], key[take])
        live[taking, picked] = CLOSED
        used[taking, groups[picked]] += 1
        full = used[taking, groups[picked]] >= layout.per_group
        live[taking[full]] = np.where(groups == groups[picked[full]][:, None], CLOSED, live[taking[full]])
    return slate


def best_for(place: Place, live: Array) -> tuple[Array, Array]:
    """Return the best live module (int64[R]) for a place, and its key: CLOSED where there is none."""
    live = np.where(place.takes, live, CLOSED)
    pick = live.argmax(axis=1)
    return pick, live[np.arange(len(live)), pick]
