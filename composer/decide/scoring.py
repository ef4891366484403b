"""The score: a logistic sum of signals, module effects and segment effects whose terms are the explanation.

Every value is rounded to whole steps of 2^-16 and every term to whole millionths of log-odds, so that sums are exact: they
depend neither on the order nor on the batch's shape, and the terms that are shown add up to the score's log-odds. Equals take
turns: which of them comes first is drawn per reader, for by name the last of the alphabet would never be shown, and never be
learnt about. In the hold-out, whose letter is the same for all, they stand by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from composer.decide.draw import normal, turns
from composer.domain.asked import LESS, MORE, NOTHING
from composer.domain.audience import Array, Audience
from composer.domain.belief import BASE, Beliefs
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.moment import Moment

STEPS = 2.0**16
MILLION = 1_000_000
MOST = 30 * MILLION
"""Log-odds beyond this either way are this; the term `limit` says so."""
TURNS = 1_000
"""A key is log-odds in millionths times this, plus the turn among equals; what is left of ties falls by name."""

CURIOSITY, ASKED = "curiosity", "asked"
WISH = 2_500_000
"""Millionths of log-odds that a wish for more or less is worth: as much as most of what is known of somebody, and never a rule."""


@dataclass(frozen=True)
class Scores:
    """S signals in name order. `values` float32[S, R, M] in 0..1; in whole millionths of log-odds: `weights` float64[S],
    `base`, the intercept, `effects` float64[M], `positions` by position from 1; `keys` int64[R, M]: log-odds without the
    position in millionths, plus `bonus`, times TURNS, plus the turn among equals. `segments`: what role and stage add, tables of
    effects and the recipients' rows in them. `bonus` int64[R, M] (or [1, M]): what ranks a module beyond its chance of a click,
    by name: signals that are our own interest (`ours` bool[S]), `curiosity`, and what the recipient `asked` for.
    `counted` bool[S, R]: whether the signal counts for the recipient (personal ones do not in the hold-out).
    """

    names: tuple[str, ...]
    values: Array
    weights: Array
    base: int
    effects: Array
    positions: tuple[int, ...]
    keys: Array
    counted: Array
    ours: Array
    segments: tuple[tuple[Array, Array], ...]
    bonus: Mapping[str, Array]

    def segment_effects(self, rows: slice, picks: Array) -> Array:
        """int64[rows, N]: what role and stage add to these modules (int64[rows, N]), in millionths."""
        found = np.zeros(picks.shape, dtype=np.int64)
        for table, of in self.segments:
            found += table[of[rows][:, None], picks].astype(np.int64)
        return found

    def plain_keys(self, rows: slice | int | Array, picks: Array) -> Array:
        """int64, as `picks` (int64[rows, N], or [N] for one row): the keys of these modules without what only ranks them."""
        found = np.take_along_axis(self.keys[rows], picks, axis=-1)
        for extra in self.bonus.values():
            found = found - np.take_along_axis(np.broadcast_to(extra, self.keys.shape)[rows], picks, axis=-1) * TURNS
        return found


def contribution(weight: Array, value: Array) -> Array:
    """float64: what signals add to the log-odds, in whole millionths, from weights in whole millionths and values in whole steps."""
    term: Array = np.rint(weight * value.astype(np.float64))
    return term


def chance(keys: Array) -> Array:
    """float64: the probability of log-odds given as keys; turns do not count."""
    probability: Array = 1 / (1 + np.exp(np.minimum(keys // TURNS / -MILLION, 100.0)))  # a closed key would overflow
    return probability


def score(
    audience: Audience, library: Library, moment: Moment, beliefs: Beliefs, signals: Mapping[str, ModuleType], holdout: Array
) -> Scores:
    """Score every module for every recipient. Rows of `holdout` (bool[R]) are ranked by the signals that are not personal."""
    belief = beliefs.of("scorer")
    names = tuple(sorted(signals))
    learnt = belief.get("weights", {})
    weights = _millionths([learnt.get(name, signals[name].WEIGHT) for name in names])
    effects = _millionths([belief.get("modules", {}).get(name, 0.0) for name in library.names])
    base, positions = _millionths([belief.get("base", BASE)])[0], _millionths(belief.get("positions", ()))
    values = np.empty((len(names), len(audience), len(library.modules)), dtype=np.float32)
    counted = np.array([~holdout if signals[name].PERSONAL else np.ones_like(holdout) for name in names], dtype=bool)
    ours = np.array([getattr(signals[name], "OURS", False) for name in names], dtype=bool)
    segments = _segments(audience, library, belief.get("segments", {}), holdout)
    total = np.tile(base + effects, (len(audience), 1))
    for table, rows in segments:
        total += table[rows]
    bonus = _curiosity(audience, library, belief.get("curiosity", {}), moment, holdout) | _asked(audience, holdout)
    for s, name in enumerate(names):
        value = np.rint(signals[name].value(audience, library, moment, beliefs) * STEPS) / STEPS
        values[s] = value
        weight = (weights[s] * counted[s])[:, None] if signals[name].PERSONAL else weights[s]
        term = contribution(weight, value)  # whole numbers: exact
        if ours[s]:
            bonus[name] = term.astype(np.int64)
        else:
            total += term
    keys = np.clip(total, -MOST, MOST).astype(np.int64)
    for extra in bonus.values():
        keys += extra
    keys *= TURNS
    keys += turns(audience.draw_key, library.names, TURNS) * ~holdout[:, None]
    places = tuple(int(effect) for effect in positions)
    counted = counted.reshape(len(names), len(audience))
    return Scores(names, values, weights, int(base), effects, places, keys, counted, ours, segments, bonus)


def _segments(
    audience: Audience, library: Library, learnt: Mapping[str, Mapping[str, Mapping[str, float]]], holdout: Array
) -> tuple[tuple[Array, Array], ...]:
    """For role and stage, where anything was learnt: effects float64[words + 1, M] in whole millionths, and each recipient's row."""
    found = []
    for axis, codes in (("role", audience.role), ("stage", audience.stage)):
        words = learnt.get(axis, {})
        if any(words.get(word) for word in codes.words):
            table = np.array([[words.get(word, {}).get(name, 0.0) for name in library.names] for word in (*codes.words, "")])
            found.append((_millionths(table), np.where(holdout, len(codes.words), codes.codes)))
    return tuple(found)


def _curiosity(audience: Audience, library: Library, spreads: Mapping[str, float], moment: Moment, holdout: Array) -> dict[str, Array]:
    """What a doubted module effect is drawn to be for each recipient whose clicks can be learnt from; empty where nothing is doubted."""
    spread = np.array([spreads.get(name, 0.0) for name in library.names])
    if not spread.any():
        return {}
    drawn = np.rint(spread * MILLION * normal(audience.draw_key, f"{moment.key}/curiosity", library.names)).astype(np.int64)
    drawn[holdout | (audience.level < Level.premium)] = 0
    return {CURIOSITY: drawn}


def _asked(audience: Audience, holdout: Array) -> dict[str, Array]:
    """What wishes add and take, for each recipient; empty where nobody asked. The general letter keeps back, and prefers nothing.

    A wish is an instruction: it is no part of the chance of a click, so that clicks neither learn it nor unlearn it.
    """
    if not audience.asked.any():
        return {}
    wished = np.clip(audience.asked, LESS, MORE).astype(np.int64)
    wished[holdout] = np.minimum(wished[holdout], NOTHING)
    return {ASKED: wished * WISH}


def _millionths(log_odds: Sequence[float] | Array) -> Array:
    whole: Array = np.rint(np.array(log_odds, dtype=np.float64) * MILLION)
    return whole
