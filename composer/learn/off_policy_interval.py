"""The interval of an off-policy estimate: clustered by recipient, and honest where few of the changed blocks were ever shown.

A changed block was shown with probability p, so its letter speaks for 1 / p others, and a handful of clicks decides. The usual
interval takes its width from the same clicks: with few of them it is both too low and too narrow (coverage .85 to .89 where
.95 was promised). So the width is taken from what the design says of all changed blocks, shown or not, and it grows with the
click rate that is being asked about (a score interval: Wilson 1927, JASA 22). With no click at all it still ends above none. The
quantile is Student's, with as many degrees of freedom as letters or people decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from composer.domain.audience import Array

Z95 = 1.959964


@dataclass(frozen=True)
class Parts:
    """What an estimate is made of. By letter: `recipient` int64[L], `steady` float64[L], everything but the correction by changed
    blocks that were shown, and `rare` float64[L], that correction. By changed block: `chance` float64[B] of a click as the
    model foresees it, and `weight` float64[B], 1 / p.
    """

    recipient: Array
    steady: Array
    rare: Array
    chance: Array
    weight: Array


def interval(parts: Parts) -> tuple[float, float, float]:
    """Return the estimate per letter and its 95 % interval."""
    letters = len(parts.recipient)
    point = float(parts.steady.mean() + parts.rare.mean())
    _, person = np.unique(parts.recipient, return_inverse=True)
    people = int(person.max(initial=0)) + 1
    alone = float(parts.rare.var()) / letters
    together = max(1.0, _clustered(parts.rare, parts.rare, person, people) / alone) if alone > 0 else 1.0
    shared = _clustered(parts.steady, parts.steady, person, people) + 2 * max(0.0, _clustered(parts.steady, parts.rare, person, people))
    foreseen = float(parts.chance.sum())
    found = max(0.0, 1 + float(parts.rare.sum()) / foreseen) if foreseen > 0 else 1.0
    by_clicks = float((parts.weight * parts.chance * (1 - 2 * parts.chance)).sum()) / letters**2
    by_model = float((parts.weight * parts.chance**2).sum()) / letters**2
    variance = shared + together * (found * by_clicks + by_model)
    growth = together * by_clicks * letters / foreseen if foreseen > 0 else 0.0
    deciding = int(np.count_nonzero(parts.rare)) if foreseen > 0 else people
    t = student(min(people, deciding) - 1)
    half = sqrt(max(t**4 * growth**2 + 4 * t**2 * variance, 0.0)) / 2
    return point, point + t**2 * growth / 2 - half, point + t**2 * growth / 2 + half


def _clustered(one: Array, other: Array, person: Array, people: int) -> float:
    """The covariance of two means where what one recipient does hangs together, with the correction for few recipients."""
    sums = [np.bincount(person, weights=values - values.mean(), minlength=people) for values in (one, other)]
    return float(sums[0] @ sums[1]) / len(one) ** 2 * people / max(people - 1, 1)


def student(freedom: int) -> float:
    """The .975 quantile of Student's t by its expansion about the normal's (Abramowitz and Stegun 26.7.5)."""
    n, z = max(freedom, 1), Z95
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / n + second / n**2 + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / n**3
