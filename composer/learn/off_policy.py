"""Off-policy: how many clicks a letter another policy would have got, from letters that were sent with one block explored.

Doubly robust at the level of (module, position): what a model foresees of the other policy's slate, corrected by what was
clicked wherever its block was really shown, each such block weighted by one over the probability that the design gave it (Dudik,
Langford, Li 2011; by positions as in Swaminathan and others 2017, arXiv 1605.04812). It is right on average whatever the
model says, if a block's click depends on the reader, the module and the position, and not on the other blocks. Where the
design could not have shown what the policy would show, or has shown too little of it, the answer is a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.domain.audience import Array
from composer.domain.logged import LoggedLetters
from composer.learn.off_policy_interval import Parts, interval
from composer.learn.off_policy_model import foresee

LEAST_EFFECTIVE = 30.0
"""Letters that a changed position must be worth: Kish's effective size as the design has it, for to refuse by what happened to be drawn
would let only lucky draws speak. Measured in bench/choose/off_policy.py: at 20 the interval still covers the truth, and is too wide to be
worth reading."""
LEAST_RECIPIENTS = 30
OTHER = -2
"""In a slate: a module that is neither the base's at this place nor in the pool."""


@dataclass(frozen=True)
class Refusal:
    """Why there is no estimate. `changed` and `effective` by position, as far as they are known."""

    why: str
    changed: tuple[float, ...] = ()
    effective: tuple[float, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """Clicks per letter: `value` of the policy with its 95 % interval, and `difference` to the base slates with theirs.

    `self_normalised` is the same without a model, as a check; `sent` what the letters got as they were sent, `base` what the
    base slates get, unexplored. By position: `changed`, the share of letters in which the policy shows another module, and
    `effective`, how many letters an estimate there is worth by design. `shown` changed blocks were really shown and got `clicks`.
    """

    value: float
    low: float
    high: float
    self_normalised: float
    difference: float
    difference_low: float
    difference_high: float
    sent: float
    base: float
    changed: tuple[float, ...]
    effective: tuple[float, ...]
    shown: int
    clicks: int

    @property
    def says(self) -> str:
        """The finding in words: same, better, worse or cannot tell."""
        if not any(self.changed):
            return "same"
        return "better" if self.difference_low > 0 else "worse" if self.difference_high < 0 else "cannot tell"


def base_of(letters: LoggedLetters) -> Array:
    """int16[L, K]: the base slates as columns."""
    columns = np.arange(letters.places, dtype=np.int16)
    base: Array = np.where(letters.module[:, : letters.places] >= 0, columns, np.int16(-1))
    return base


def probabilities(letters: LoggedLetters, slate: Array) -> Array:
    """float64[L, K]: the chance that the design gave to what `slate` (columns, int[L, K]) shows at each place; 1 where it is nothing
    and nothing stood there."""
    places = letters.places
    blocks = np.maximum(letters.open.sum(axis=1), 1)[:, None]
    pool = np.maximum((letters.module[:, places:] >= 0).sum(axis=1), 1)[:, None]
    epsilon, base = letters.epsilon[:, None], base_of(letters)
    stays = np.where(letters.open, 1 - epsilon / blocks, 1.0)
    listed = np.take_along_axis(letters.module, np.maximum(slate, 0).astype(np.int64), axis=1) >= 0
    drawn = np.where(letters.open & (slate >= places) & listed, epsilon / (blocks * pool), 0.0)
    chance: Array = np.where(slate == base, stays, drawn)
    return chance


def doubly_robust(letters: LoggedLetters, slate: Array, foreseen: Array) -> tuple[Array, Array]:
    """float64[L, K] each: what was foreseen of the slate at each place, and its correction by what was clicked.

    `foreseen` float64[L, K] is any model's chance of a click on what `slate` shows. Their sum has the slate's value as its mean over
    the design wherever `probabilities` are above 0.
    """
    matched = (letters.shown == slate) & (slate >= 0)
    chance = probabilities(letters, slate)
    correction = np.where(matched, (letters.clicked - foreseen) / np.where(chance > 0, chance, 1.0), 0.0)
    return foreseen, correction


def evaluate(letters: LoggedLetters, slate: Array, least: float = LEAST_EFFECTIVE) -> Estimate | Refusal:
    """Estimate the clicks per letter of the policy that shows `slate` (columns of each letter, int[L, K]; OTHER where it has none)."""
    if len(np.unique(letters.recipient)) < LEAST_RECIPIENTS:
        return Refusal(f"letters with exploration went to fewer than {LEAST_RECIPIENTS} recipients")
    base, chance = base_of(letters), probabilities(letters, slate)
    changed = slate != base
    share = tuple(changed.mean(axis=0).tolist())
    impossible = changed & (chance <= 0)
    if impossible.any():
        return Refusal(_unsupported(impossible), share)
    effective = len(letters) ** 2 / (1 / chance).sum(axis=0)
    worth = tuple(effective.tolist())
    poor = [k for k in range(letters.places) if share[k] > 0 and effective[k] < least]
    if poor:
        where = ", ".join(f"{k + 1} ({effective[k]:.0f})" for k in poor)
        return Refusal(f"too few letters show what it would show: worth fewer than {least:.0f} at position {where}", share, worth)
    foreseen, usual = foresee(letters, slate, base)
    model, correction = doubly_robust(letters, slate, foreseen)
    of_base, base_correction = doubly_robust(letters, base, usual)
    chances, weights = foreseen[changed], 1 / chance[changed]
    rare = np.where(changed, correction, 0.0).sum(axis=1)
    steady = model.sum(axis=1) + np.where(changed, 0.0, correction).sum(axis=1)
    against = np.where(changed, model - of_base - base_correction, 0.0).sum(axis=1)
    value = interval(Parts(letters.recipient, steady, rare, chances, weights))
    difference = interval(Parts(letters.recipient, against, rare, chances, weights))
    matched = letters.shown == slate
    weight = matched / chance
    return Estimate(
        *value,
        float((weight * letters.clicked).sum(axis=0) @ (1 / np.maximum(weight.sum(axis=0), 1e-300))),
        *difference,
        sent=float(letters.clicked.sum(axis=1).mean()),
        base=float((of_base + base_correction).sum(axis=1).mean()),
        changed=share,
        effective=worth,
        shown=int((changed & matched).sum()),
        clicks=int((changed & matched & letters.clicked).sum()),
    )


def _unsupported(impossible: Array) -> str:
    where = ", ".join(str(k + 1) for k in np.flatnonzero(impossible.any(axis=0)))
    letters = int(impossible.any(axis=1).sum())
    return f"in {letters:,} letters it would show what exploration could not have shown there (position {where})"
