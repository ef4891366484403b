"""Organic clicks: letters whose every link was followed were read by a scanner, and teach nothing."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array
from composer.domain.history import History
from composer.domain.logged import LoggedLetters

LEAST_BLOCKS = 4
"""Shorter letters may well be read to the last link by a person."""


def only_organic(history: History) -> History:
    """Return the history without the impressions of letters in which all of at least LEAST_BLOCKS blocks were clicked."""
    if len(history.viewer) == 0:
        return history
    _, letter = np.unique(history.letter, return_inverse=True)
    blocks = np.bincount(letter)
    scanned = (np.bincount(letter, weights=history.clicked) == blocks) & (blocks >= LEAST_BLOCKS)
    return history.showing(~scanned[letter])


def organic_letters(letters: LoggedLetters) -> Array:
    """bool[L]: the letters that no scanner read to the end."""
    blocks = (letters.shown >= 0).sum(axis=1)
    organic: Array = (letters.clicked.sum(axis=1) < blocks) | (blocks < LEAST_BLOCKS)
    return organic
