"""Planted against learnt: how near the score's idea of people and modules comes to the truth.

Learnt is what the score says of people at a moment, whatever signals and effects it is made of; planted are the true chances at
that moment; shipped is the same score before anything was learnt. Compared are ranks (Spearman): a score need not be a chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from composer.decide.redact import redact
from composer.decide.scoring import Scores, chance, score
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.content import PLAIN
from composer.domain.moment import Moment
from composer.simulate.crowd import CATEGORIES, ROLES, TONES
from composer.simulate.readers import Readers
from composer.simulate.truth import EXAMINED, Truth

DEAREST = 3


@dataclass(frozen=True)
class RoleRow:
    """A role: its people, its dearest categories as planted and as learnt, and the rank correlation over all categories."""

    role: str
    people: int
    planted: tuple[str, ...]
    learnt: tuple[str, ...]
    shipped_rank: float
    rank: float


@dataclass(frozen=True)
class Comparison:
    """Rank correlations between planted and learnt, each with what the shipped score had.

    `person` is the mean over people of the correlation over modules; `module_effects` that of how well modules are written with
    their learnt effects. `positions` are (position, planted, learnt) in log-odds against the first; `tones` (role, tone, planted,
    learnt) as logarithms of ratios of clicks.
    """

    people: int
    person: float
    shipped_person: float
    roles: tuple[RoleRow, ...]
    module_effects: float
    positions: tuple[tuple[int, float, float], ...]
    tones: tuple[tuple[str, str, float, float], ...]


def compare(
    readers: Readers, audience: Audience, rows: Array, moment: Moment, beliefs: Beliefs, signals: Mapping[str, ModuleType]
) -> Comparison:
    """Hold what is believed against what is planted, for the given people: row r of `audience` is person `rows[r]`."""
    library, crowd, truth = readers.library, readers.crowd, readers.truth
    audience = redact(audience)
    second = np.full(len(rows), int(moment.as_of.timestamp()), dtype=np.int64)
    planted = readers.chances(rows, second).astype(np.float64)
    nobody = np.zeros(len(rows), dtype=bool)
    learnt, shipped = (_chances(score(audience, library, moment, one, signals, nobody)) for one in (beliefs, Beliefs()))
    of = truth.about.any(axis=1)  # of what is about nothing there is no taste
    scorer = beliefs.of("scorer")
    return Comparison(
        people=len(rows),
        person=_mean_rank(planted[:, of], learnt[:, of]),
        shipped_person=_mean_rank(planted[:, of], shipped[:, of]),
        roles=tuple(
            _role(truth, name, crowd.role[rows] == code, planted, learnt, shipped)
            for code, name in enumerate(ROLES)
            if (crowd.role[rows] == code).any()
        ),
        module_effects=rank_correlation(np.log(truth.appeal), np.array([scorer.get("modules", {}).get(n, 0.0) for n in library.names])),
        positions=_positions(scorer.get("positions", ()), float(np.mean(planted))),
        tones=_tones(truth, beliefs, rows),
    )


def _chances(scores: Scores) -> Array:
    """float64[R, M]: what the score says of every module, without what only ranks it."""
    everything = np.broadcast_to(np.arange(scores.keys.shape[1]), scores.keys.shape)
    return chance(scores.plain_keys(slice(None), everything))


def _role(truth: Truth, name: str, members: Array, *chances: Array) -> RoleRow:
    """The categories by the mean chance, over a role's people, of the modules about each."""
    present = np.flatnonzero(truth.about.any(axis=0))
    planted, learnt, shipped = (
        np.array([one[members].mean(axis=0)[truth.about[:, category]].mean() for category in present]) for one in chances
    )

    def dearest(values: Array) -> tuple[str, ...]:
        return tuple(CATEGORIES[present[place]] for place in np.argsort(-values, kind="stable")[:DEAREST])

    ranks = rank_correlation(planted, shipped), rank_correlation(planted, learnt)
    return RoleRow(name, int(members.sum()), dearest(planted), dearest(learnt), *ranks)


def _positions(learnt: Any, usual: float) -> tuple[tuple[int, float, float], ...]:
    """The effect of a position on the log-odds of a block of usual chance."""
    odds = [np.log(usual * seen / (1 - usual * seen)) for seen in EXAMINED]
    return tuple(
        (p + 1, round(float(odds[p] - odds[0]), 3), round(float(value), 3)) for p, value in enumerate(learnt[: len(EXAMINED)]) if p
    )


def _tones(truth: Truth, beliefs: Beliefs, rows: Array) -> tuple[tuple[str, str, float, float], ...]:
    """What a tone is worth beside plain words in each role. A learnt effect holds for everybody plus the role's own."""
    belief, found = beliefs.of("tone"), []
    crowd, library = truth.crowd, truth.library
    for code, role in enumerate(ROLES):
        members = rows[crowd.role[rows] == code]
        for t, tone in enumerate(library.tones):
            if tone == PLAIN or tone not in TONES or len(members) == 0 or role not in belief.get("role", {}):
                continue
            planted = float(np.log(truth.tone_worth(members, np.full((len(members), 1), t)).mean()))

            def effect(of: Mapping[str, Any], tone: str = tone) -> float:
                return float(of.get(tone, (0.0, 0.0))[0] - of.get(PLAIN, (0.0, 0.0))[0])

            found.append((role, tone, round(planted, 3), round(effect(belief["everybody"]) + effect(belief["role"][role]), 3)))
    return tuple(found)


def rank_correlation(one: Array, other: Array) -> float:
    """Spearman's: the correlation of ranks, equals sharing theirs; 0 where one of them does not vary."""
    ranks = [_ranks(values) for values in (one, other)]
    spread = [rank - rank.mean() for rank in ranks]
    size = float(np.sqrt((spread[0] ** 2).sum() * (spread[1] ** 2).sum()))
    return round(float((spread[0] * spread[1]).sum() / size), 4) if size > 0 else 0.0


def _ranks(values: Array) -> Array:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = count.cumsum()
    found: Array = (last - (count - 1) / 2)[place]
    return found


def _mean_rank(one: Array, other: Array) -> float:
    return round(float(np.mean([rank_correlation(a, b) for a, b in zip(one, other, strict=True)])), 4) if len(one) else 0.0
