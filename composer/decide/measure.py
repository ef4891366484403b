"""Measures that rules and signals share: from columns on the product or topic axis to modules, and from evidence to 0..1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.domain.audience import Array, Codes
from composer.domain.content import Library

NEUTRAL = 0.5
"""What `balance` says of a module that is chosen as often as usual."""


def over_modules(column: Array, columns: Sequence[tuple[int, ...]], blank: float, combine: np.ufunc) -> Array:
    """Turn [R, I] into [R, M]: combine (maximum, minimum, logical_or) the columns of each module; none gives `blank`."""
    padded = np.concatenate([column, np.full((len(column), 1), blank, dtype=column.dtype)], axis=1)
    widest = max(map(len, columns), default=0)
    last = padded.shape[1] - 1
    table = np.array([[*places, *[last] * (widest - len(places))] for places in columns] or [[]], dtype=np.int64)
    if widest == 0:
        return np.full((len(column), len(columns)), blank, dtype=column.dtype)
    result = np.take(padded, table[:, 0], axis=1)
    for extra in range(1, widest):
        result = combine(result, np.take(padded, table[:, extra], axis=1))
    return result


def most(column: Array, library: Library) -> Array:
    """[R, I] -> [R, M]: the largest over each module's interests, 0 where it has none."""
    return over_modules(column, library.interest_columns, 0.0, np.maximum)


def least(ages: Array, library: Library) -> Array:
    """[R, I] -> [R, M]: the youngest age over each module's interests, infinite where it has none."""
    return over_modules(ages, library.interest_columns, np.inf, np.minimum)


def listed(codes: Codes, lists: Sequence[tuple[str, ...]]) -> Array:
    """bool[R, M]: whether the recipient's word is in the module's list; a word that is not known is in none."""
    table = np.array([[word in words for words in lists] for word in (*codes.words, "")], dtype=bool)
    return table.reshape(len(codes.words) + 1, len(lists))[codes.codes]


def permitted(codes: Codes, lists: Sequence[tuple[str, ...]]) -> Array:
    """bool[R, M]: an empty list permits everybody, any other only those known to be in it."""
    table = np.array([[not words or word in words for words in lists] for word in (*codes.words, "")], dtype=bool)
    return table.reshape(len(codes.words) + 1, len(lists))[codes.codes]


def unit(rate: Array) -> Array:
    """Map a rate to 0..1 along its log-odds: 0.25 % and less is 0, 88 % and more is 1, 5 % is 0.38."""
    rate = np.clip(rate, 1e-4, 1 - 1e-4)
    scaled: Array = np.clip((np.log(rate / (1 - rate)) + 6) / 8, 0, 1).astype(np.float32)
    return scaled


def balance(ratio: Array) -> Array:
    """Map a ratio to the usual (0 and up) to 0..1: as usual is 0.5, three times as much 0.75."""
    scaled: Array = (ratio / (1 + ratio)).astype(np.float32)
    return scaled
