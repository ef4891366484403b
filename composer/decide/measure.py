"""Measures that rules and signals share: from columns on the product or topic axis to modules, and from evidence to 0..1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from composer.domain.audience import Array, Codes
from composer.domain.content import Library

NEUTRAL = 0.5
"""What `balance` says of a module that is chosen as often as usual."""


def over_modules(column: Array, columns: tuple[tuple[int, ...], ...], blank: float, combine: np.ufunc) -> Array:
    """Turn [R, I] into [R, M]: combine (maximum, minimum, logical_or) the columns of each module; none gives `blank`."""
    padded = np.concatenate([column, np.full((len(column), 1), blank, dtype=column.dtype)], axis=1)
    first, *others = _places(columns, padded.shape[1] - 1)
    result: Array = np.take(padded, first, axis=1)
    for modules, places in others:
        result[:, modules] = combine(result[:, modules], np.take(padded, places, axis=1))
    return result


@lru_cache(maxsize=64)
def _places(columns: tuple[tuple[int, ...], ...], blank: int) -> tuple[Any, ...]:
    """Each module's first column (int64[M]; `blank` where it has none), then (modules, their second column), and so on."""
    first = np.array([places[0] if places else blank for places in columns], dtype=np.int64)
    others = []
    for nth in range(1, max(map(len, columns), default=0)):
        modules = [m for m, places in enumerate(columns) if len(places) > nth]
        others.append((np.array(modules), np.array([columns[m][nth] for m in modules])))
    return first, *others


def most(column: Array, library: Library) -> Array:
    """[R, I] -> [R, M]: the largest over each module's interests, 0 where it has none."""
    return over_modules(column, library.interest_columns, 0.0, np.maximum)


def least(ages: Array, library: Library) -> Array:
    """[R, I] -> [R, M]: the youngest age over each module's interests, infinite where it has none."""
    return over_modules(ages, library.interest_columns, np.inf, np.minimum)


def listed(codes: Codes, lists: Sequence[tuple[str, ...]]) -> Array:
    """bool[R, M]: whether the recipient's word is in the module's list; a word that is not known is in none."""
    found: Array = _table(codes.words, tuple(lists), False)[codes.codes]
    return found


def permitted(codes: Codes, lists: Sequence[tuple[str, ...]]) -> Array:
    """bool[R, M]: an empty list permits everybody, any other only those known to be in it."""
    found: Array = _table(codes.words, tuple(lists), True)[codes.codes]
    return found


@lru_cache(maxsize=256)
def _table(words: tuple[str, ...], lists: tuple[tuple[str, ...], ...], empty: bool) -> Array:
    """bool[words + 1, M]: whether the word is in the list; `empty` for an empty list. The last row is of a word that is not known."""
    table = np.array([[word in listed if listed else empty for listed in lists] for word in (*words, "")], dtype=bool)
    return table.reshape(len(words) + 1, len(lists))


def unit(rate: Array) -> Array:
    """Map a rate to 0..1 along its log-odds: 0.03 % and less is 0, 95 % and more is 1, 5 % is 0.46."""
    scaled: Array = np.clip((log_odds(rate) + 8) / 11, 0, 1).astype(np.float32)
    return scaled


def log_odds(rate: Array) -> Array:
    """Natural log-odds of rates, which are kept off 0 and 1 by a hundred-thousandth."""
    rate = np.clip(rate, 1e-5, 1 - 1e-5)
    odds: Array = np.log(rate / (1 - rate))
    return odds


def shrunk_rate(bought: Array, days: Array, rates: Array, strength: Array | float) -> Array:
    """float64[R, I]: the share of a person's order days, shrunk towards `rates` as if seen on `strength` days (beta-binomial mean)."""
    shrunk: Array = (bought + strength * rates) / (days[:, None] + strength)
    return shrunk


def balance(ratio: Array) -> Array:
    """Map a ratio to the usual (0 and up) to 0..1: as usual is 0.5, three times as much 0.75."""
    scaled: Array = (ratio / (1 + ratio)).astype(np.float32)
    return scaled
