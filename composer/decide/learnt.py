"""What was learnt about one person: what the signals and the words read off that person's own columns, in a form to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from composer.decide.arms import habit
from composer.domain.audience import Array, Audience
from composer.domain.content import PLAIN, Library
from composer.domain.level import Level

MOST = 8
"""Likings of a kind that are told, the strongest."""


@dataclass(frozen=True, slots=True)
class Liking:
    """`what` is an interest (`category:NAME`, `product:ID`) or a topic, done `times` times, the last `days` days ago (-1: nobody knows)."""

    what: str
    times: int
    days: int = -1


@dataclass(frozen=True, slots=True)
class Learnt:
    """Likings, the strongest first. `tone` and `opening` are those followed more than was to be expected; empty where none is.

    `unnamed`: so many more are about sensitive subjects, which no page names.
    """

    level: Level
    bought: tuple[Liking, ...]
    viewed: tuple[Liking, ...]
    read: tuple[Liking, ...]
    tone: str
    opening: str
    unnamed: int

    @property
    def nothing(self) -> bool:
        return not (self.bought or self.viewed or self.read or self.tone or self.opening or self.unnamed)


def learnt_about(audience: Audience, library: Library) -> Learnt:
    """Return what was learnt about the one person of a redacted audience: at their level, and since they last had it forgotten."""
    liked = audience.bought[0] > 0
    bought = _likings(library.interests, audience.bought[0], np.where(liked, audience.bought_age[0], np.inf), audience.bought_decayed[0])
    seen = np.isfinite(audience.viewed_age[0])
    viewed = _likings(library.interests, seen.astype(np.float32), audience.viewed_age[0], -audience.viewed_age[0])
    clicks = np.zeros(len(library.topics))
    for columns, clicked in zip(library.topic_columns, audience.clicked[0].tolist(), strict=True):
        clicks[list(columns)] += clicked
    read = _likings(library.topics, clicks, np.full(len(clicks), np.inf), clicks)
    told = [_told(bought, "", library), _told(viewed, "", library), _told(read, "topic:", library)]
    return Learnt(
        level=Level(int(audience.level[0])),
        bought=told[0][:MOST],
        viewed=told[1][:MOST],
        read=told[2][:MOST],
        tone=_leaning(library.tones, audience.tone_clicked, audience.tone_expected),
        opening=_leaning(library.openings, audience.opening_clicked, audience.opening_expected),
        unnamed=len(bought) + len(viewed) + len(read) - sum(map(len, told)),
    )


def _likings(names: Sequence[str], times: Array, ages: Array, strength: Array) -> list[Liking]:
    """What was done at all, the strongest first, by name where they are equal."""
    order = np.lexsort((np.arange(len(names)), -strength)).tolist()
    return [Liking(names[i], int(times[i]), int(ages[i]) if np.isfinite(ages[i]) else -1) for i in order if times[i] > 0]


def _told(likings: list[Liking], kind: str, library: Library) -> tuple[Liking, ...]:
    return tuple(liking for liking in likings if f"{kind}{liking.what}".casefold() not in library.sensitive)


def _leaning(names: tuple[str, ...], clicked: Array, expected: Array) -> str:
    """The arm that the reader's own clicks speak most for; empty where they speak for none, or for the plain one."""
    own = habit(clicked, expected).mean[0]
    best = int(own.argmax())
    return names[best] if own[best] > 0 and names[best] != PLAIN else ""
