"""Logistic regression with a normal prior on every parameter: its mode by Newton's method, and the evidence for its prior.

Parameters are a few dense columns and groups of one-hot effects (a position, a module); the groups are never written out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from composer.domain.audience import Array

STEPS, ENOUGH = 30, 1e-7
ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Design:
    """N rows: `dense` float[N, K]; `groups`, each int64[N] with the row's effect, -1 for none; `sizes` of the groups; `hit` bool[N].

    Parameters stand in that order: K weights, then each group's effects.
    """

    dense: Array
    groups: tuple[Array, ...]
    sizes: tuple[int, ...]
    hit: Array

    @property
    def width(self) -> int:
        return int(self.dense.shape[1]) + sum(self.sizes)

    def group(self, g: int) -> slice:
        """Where the effects of group `g` stand."""
        first = int(self.dense.shape[1]) + sum(self.sizes[:g])
        return slice(first, first + self.sizes[g])

    def odds(self, values: Array) -> Array:
        """float64[N]: log-odds of every row."""
        return np.concatenate([part.odds_of(values) for part in self.parts()] or [np.zeros(0)])

    def odds_of(self, values: Array) -> Array:
        """`odds` of rows that are few."""
        odds: Array = self.dense.astype(np.float64) @ values[: self.dense.shape[1]]
        for g, index in enumerate(self.groups):
            odds = odds + np.append(values[self.group(g)], 0.0)[index]  # -1 is the nought at the end
        return odds

    def parts(self) -> Iterator[Design]:
        """The same design, ROWS_AT_ONCE rows at a time."""
        for begin in range(0, len(self.hit), ROWS_AT_ONCE):
            rows = slice(begin, begin + ROWS_AT_ONCE)
            yield Design(self.dense[rows], tuple(group[rows] for group in self.groups), self.sizes, self.hit[rows])


@dataclass(frozen=True)
class Fit:
    """The mode, the curvature there (negative Hessian of the log posterior), and the log posterior without constants."""

    values: Array
    curvature: Array
    height: float

    @property
    def variances(self) -> Array:
        found: Array = np.linalg.inv(self.curvature).diagonal()
        return found

    def evidence(self, precision: Array) -> float:
        """Log of the data's probability under the prior, by Laplace's approximation (MacKay 1992), but for a constant."""
        return self.height + 0.5 * float(np.log(precision).sum()) - 0.5 * float(np.linalg.slogdet(self.curvature)[1])


def fit(design: Design, means: Array, precision: Array, start: Array) -> Fit:
    """Climb to the mode. A step that does not climb is halved: the objective is concave, so it ends at the top."""
    values = start
    height, gradient, curvature = _objective(design, values, means, precision)
    for _ in range(STEPS):
        step = np.linalg.solve(curvature, gradient)
        if np.abs(step).max(initial=0.0) < ENOUGH:
            break
        higher = _objective(design, values + step, means, precision)
        while higher[0] < height - ENOUGH and np.abs(step).max() > ENOUGH:
            step = step / 2
            higher = _objective(design, values + step, means, precision)
        values = values + step
        height, gradient, curvature = higher
    return Fit(values, curvature, height)


def _objective(design: Design, values: Array, means: Array, precision: Array) -> tuple[float, Array, Array]:
    """Log posterior, its gradient and its negative Hessian."""
    away = values - means
    height, gradient, curvature = -0.5 * float(precision @ away**2), -precision * away, np.diag(precision)
    for part in design.parts():
        odds = part.odds_of(values)
        chance = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        height += float((part.hit * odds - np.logaddexp(0, odds)).sum())
        _add(part, part.hit - chance, chance * (1 - chance), gradient, curvature)
    return height, gradient, curvature


def _add(part: Design, left: Array, spread: Array, gradient: Array, curvature: Array) -> None:
    """Add some rows to gradient and curvature in place: `left` is hit less chance, `spread` its variance."""
    dense, k = part.dense.astype(np.float64), part.dense.shape[1]
    weighted = dense * spread[:, None]
    gradient[:k] += dense.T @ left
    curvature[:k, :k] += dense.T @ weighted
    for g, index in enumerate(part.groups):
        own, known = part.group(g), index >= 0
        at, size = index[known], part.sizes[g]
        gradient[own] += np.bincount(at, weights=left[known], minlength=size)
        curvature[range(own.start, own.stop), range(own.start, own.stop)] += np.bincount(at, weights=spread[known], minlength=size)
        for column in range(k):
            cross = np.bincount(at, weights=weighted[known, column], minlength=size)
            curvature[column, own] += cross
            curvature[own, column] += cross
        for h in range(g):
            both = known & (part.groups[h] >= 0)
            other = part.group(h)
            cell = part.groups[h][both] * size + index[both]
            table = np.bincount(cell, weights=spread[both], minlength=part.sizes[h] * size).reshape(part.sizes[h], size)
            curvature[other, own] += table
            curvature[own, other] += table.T
