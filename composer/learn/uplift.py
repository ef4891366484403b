"""Uplift: the difference of two arms' means with an honest interval, or "cannot tell yet"."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964
LEAST = 30
"""People an arm needs before the normal approximation of a mean is worth printing."""


@dataclass(frozen=True, slots=True)
class ArmSum:
    """An arm as sums over its people: how many they are, their letters and clicks, and the sums over people of letters
    squared, letters times clicks, and clicks squared.

    One person's letters are alike: who clicks, clicks again. So people are what is independent, not letters.
    """

    people: int
    letters: int
    clicks: int
    letters_squared: int
    letters_clicks: int
    clicks_squared: int

    @property
    def mean(self) -> float:
        """Clicks per letter."""
        return self.clicks / self.letters if self.letters else 0.0

    @property
    def variance_of_mean(self) -> float:
        """Of a ratio of two sums over people, linearised (Cochran, Sampling Techniques, 1977, section 6.3; the usual cluster-robust
        variance with its P / (P - 1)). Infinite with fewer than two people or no letter.
        """
        if self.people < 2 or not self.letters:
            return float("inf")
        # The residuals clicks - mean x letters, squared and summed; multiplied by letters squared it is whole: exact, never below nought.
        spread = (
            self.clicks_squared * self.letters**2
            - 2 * self.letters_clicks * self.clicks * self.letters
            + self.letters_squared * self.clicks**2
        )
        return spread / self.letters**4 * self.people / (self.people - 1)


@dataclass(frozen=True, slots=True)
class Uplift:
    """personal minus hold-out in clicks per letter, with its 95 % interval; `says` is the finding in words."""

    difference: float
    low: float
    high: float
    says: str


def uplift(personal: ArmSum, holdout: ArmSum) -> Uplift | None:
    """Compare two arms of independent people (Welch's interval). None where an arm has fewer than LEAST people.

    Who is in both, as the hold-out's share was changed between editions, counts in each: the interval is then rather too wide.
    """
    if personal.people < LEAST or holdout.people < LEAST:
        return None
    difference = personal.mean - holdout.mean
    half = Z95 * sqrt(personal.variance_of_mean + holdout.variance_of_mean)
    low, high = difference - half, difference + half
    says = "personal letters are clicked more" if low > 0 else "personal letters are clicked less" if high < 0 else "cannot tell yet"
    return Uplift(difference, low, high, says)
