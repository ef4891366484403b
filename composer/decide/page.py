"""A page of a decided batch as plain lists: reading a NumPy scalar at a time costs more than building the newsletters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.decide.candidates import Candidates
from composer.decide.explore import Exploration
from composer.decide.scoring import MILLION, STEPS, TURNS, Scores, contribution
from composer.decide.slate import Slate
from composer.domain.audience import Array

PAGE_ROWS = 1000

List = list[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows x places of the blocks with their `odds` (of a click at the first place), `segments` and `bonus`, in whole millionths;
    rows x places x signals of their `values`, `terms` (weight x value, in whole millionths) and `lifts` (log-odds, how far the
    term lifts the module above the recipient's other candidates; never below zero) with their `order`;
    `sums` are the terms of a block together, `pooled` how many a try-out was drawn from;
    `ahead` and `level` by score are so many candidates, of `among`;
    `steps`: rows x (places of the base, then of the pool) x signals, the values in whole steps.
    """

    chosen: List
    source: List
    odds: List
    segments: List
    bonus: dict[str, List]
    probability: List
    values: List
    terms: List
    sums: List
    lifts: List
    order: List
    allowed: List
    base: List
    pool: List
    pooled: List
    place: List
    ahead: List
    level: List
    among: List
    steps: List


def read_page(number: int, scores: Scores, slate: Slate, candidates: Candidates, exploration: Exploration) -> Page:
    """Read rows number * PAGE_ROWS and on."""
    rows = slice(number * PAGE_ROWS, (number + 1) * PAGE_ROWS)
    chosen, allowed = slate.chosen[rows], candidates.allowed[rows]
    values, usual = _block_values(scores, rows, chosen, allowed)
    weights = scores.weights * scores.counted[:, rows].T[:, None, :]
    weights = np.where(scores.ours, 0.0, weights)
    lifts = np.where(weights > 0, weights / MILLION * (values - usual), 0.0).round(6)
    picks = np.maximum(chosen, 0).astype(np.int64)

    def picked(column: Array) -> Array:
        return np.take_along_axis(np.broadcast_to(column, scores.keys.shape)[rows], picks, axis=1) if scores.keys.size else picks

    bonus = {name: picked(column) for name, column in scores.bonus.items()}
    ahead, level = _standing(scores.keys[rows], chosen, allowed)
    terms = contribution(weights, values).astype(np.int64)
    return Page(
        chosen=chosen.tolist(),
        source=slate.source[rows].tolist(),
        odds=(scores.plain_keys(rows, picks) // TURNS if scores.keys.size else picks).tolist(),
        segments=(scores.segment_effects(rows, picks) if scores.keys.size else picks * 0).tolist(),
        bonus={name: column.tolist() for name, column in bonus.items()},
        probability=exploration.probability[rows].tolist(),
        values=values.tolist(),
        terms=terms.tolist(),
        sums=terms.sum(axis=2).tolist(),
        lifts=lifts.tolist(),
        order=np.argsort(-lifts, axis=2, kind="stable").tolist(),
        allowed=allowed.tolist(),
        base=exploration.base[rows].tolist(),
        pool=exploration.pool[rows].tolist(),
        pooled=(exploration.pool[rows] >= 0).sum(axis=1).tolist(),
        place=exploration.place[rows].tolist(),
        ahead=ahead.tolist(),
        level=level.tolist(),
        among=allowed.sum(axis=1).tolist(),
        steps=_steps(scores, rows, np.concatenate([exploration.base[rows], exploration.pool[rows]], axis=1)).tolist(),
    )


def _steps(scores: Scores, rows: slice, modules: Array) -> Array:
    """int32[rows, candidates, signals]: the values of the given modules (-1: whatever) in whole steps of 2^-16."""
    if not scores.keys.size:
        return np.zeros((*modules.shape, len(scores.names)), dtype=np.int32)
    of_all = np.moveaxis(scores.values[:, rows], 0, 2)
    picked: Array = np.take_along_axis(of_all, np.maximum(modules, 0).astype(np.int64)[:, :, None], axis=1) * STEPS
    return picked.astype(np.int32)


def _block_values(scores: Scores, rows: slice, chosen: Array, allowed: Array) -> tuple[Array, Array]:
    """float64[rows, places, signals]: each block's values; float64[rows, 1, signals]: their mean over the recipient's candidates."""
    values = np.zeros((*chosen.shape, len(scores.names)))
    usual = np.zeros((len(chosen), 1, len(scores.names)))
    if allowed.size == 0:
        return values, usual
    picks, number = np.maximum(chosen, 0).astype(np.int64), np.maximum(allowed.sum(axis=1), 1)
    for s in range(len(scores.names)):
        of_signal = scores.values[s, rows].astype(np.float64)
        values[:, :, s] = np.take_along_axis(of_signal, picks, axis=1)
        usual[:, 0, s] = np.where(allowed, of_signal, 0.0).sum(axis=1) / number  # whole steps of 2^-16: exact in any order
    return values, usual


def _standing(keys: Array, chosen: Array, allowed: Array) -> tuple[Array, Array]:
    """int64[rows, places]: how many candidates score higher than the block, and how many the same: itself, and those not shown."""
    ahead, level = np.zeros((2, *chosen.shape), dtype=np.int64)
    if keys.size:
        odds = np.where(allowed, keys // TURNS, np.iinfo(np.int64).min)
        own = np.take_along_axis(odds, np.maximum(chosen, 0).astype(np.int64), axis=1)
        for p in range(chosen.shape[1]):
            mine = own[:, p : p + 1]
            others = ((own == mine) & (chosen >= 0)).sum(axis=1) - 1
            ahead[:, p], level[:, p] = (odds > mine).sum(axis=1), (odds == mine).sum(axis=1) - others
    return ahead, level
