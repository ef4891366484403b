"""Uplift: the difference of two arms' means with an honest interval, or "cannot tell yet"."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964
LEAST = 30
"""Letters an arm needs before the normal approximation of a mean is worth printing."""


@dataclass(frozen=True, slots=True)
class ArmSum:
    """Letters of an arm, their clicks, and the sum of squared clicks per letter."""

    letters: int
    clicks: float
    squares: float

    @property
    def mean(self) -> float:
        return self.clicks / self.letters if self.letters else 0.0

    @property
    def variance_of_mean(self) -> float:
        """Unbiased; infinite with fewer than two letters."""
        if self.letters < 2:
            return float("inf")
        spread = max(self.squares - self.letters * self.mean**2, 0.0) / (self.letters - 1)
        return spread / self.letters


@dataclass(frozen=True, slots=True)
class Uplift:
    """personal minus hold-out in clicks per letter, with its 95 % interval; `says` is the finding in words."""

    difference: float
    low: float
    high: float
    says: str


def uplift(personal: ArmSum, holdout: ArmSum) -> Uplift | None:
    """Compare two arms of independent letters (Welch's interval). None where an arm has fewer than LEAST letters.

    Letters of one person in several editions are treated as independent: over many editions the interval is a little too narrow.
    """
    if personal.letters < LEAST or holdout.letters < LEAST:
        return None
    difference = personal.mean - holdout.mean
    half = Z95 * sqrt(personal.variance_of_mean + holdout.variance_of_mean)
    low, high = difference - half, difference + half
    says = "personal letters are clicked more" if low > 0 else "personal letters are clicked less" if high < 0 else "cannot tell yet"
    return Uplift(difference, low, high, says)
