"""The click model behind an off-policy estimate: a small logistic regression, fitted on other people than it is asked about."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array
from composer.domain.logged import LoggedLetters

FOLDS = 5
RIDGE, MODULE_CLICKS = 4.0, 20.0
"""Precision of every coefficient but the base; clicks that a module's own rate must stand on before it is half believed."""
STEPS, ENOUGH = 30, 1e-6


def foresee(letters: LoggedLetters, *slates: Array) -> list[Array]:
    """float64[L, K] for each slate of columns int[L, K]: the probability of a click on what stands at each place, 0 where nothing does.

    Fitted on signals, position, module, and whether it comes from the pool. All letters of one recipient are foreseen by a
    model that has seen none of them (cross-fitting; Chernozhukov and others 2018, Econometrics Journal 21).
    """
    fold = folds_of(letters.recipient)
    found = [np.zeros(slate.shape) for slate in slates]
    stood = letters.shown >= 0
    shown, of_shown = _design(letters, letters.shown), _modules(letters, letters.shown)
    asked = [(_design(letters, slate), _modules(letters, slate)) for slate in slates]
    for one in range(FOLDS):
        others, own = stood & (fold != one)[:, None], fold == one
        design, clicked = shown[others], letters.clicked[others]
        values = logistic(design, clicked)
        lift = _lifts(of_shown[others], clicked, sigmoid(design @ values), len(letters.modules))
        for slate, chance, (of_asked, modules) in zip(slates, found, asked, strict=True):
            odds = of_asked[own] @ values + lift[modules[own]]
            chance[own] = np.where(slate[own] >= 0, sigmoid(odds), 0.0)
    return found


def folds_of(recipient: Array) -> Array:
    """int64[L]: the fold of each letter; all letters of one recipient are in one."""
    _, person = np.unique(recipient, return_inverse=True)
    fold: Array = person.astype(np.int64) % FOLDS
    return fold


def _design(letters: LoggedLetters, slate: Array) -> Array:
    """float64[L, K, F]: base, signals, from the pool, and each position after the first."""
    places, signals = letters.places, letters.values.shape[2]
    design = np.zeros((*slate.shape, 2 + signals + places - 1))
    design[:, :, 0] = 1
    design[:, :, 1 : 1 + signals] = np.take_along_axis(letters.values, np.maximum(slate, 0).astype(np.int64)[:, :, None], axis=1)
    design[:, :, 1 + signals] = slate >= places
    for place in range(1, places):
        design[:, place, 1 + signals + place] = 1
    return design


def _modules(letters: LoggedLetters, slate: Array) -> Array:
    modules: Array = np.take_along_axis(letters.module, np.maximum(slate, 0).astype(np.int64), axis=1)
    return modules


def _lifts(module: Array, clicked: Array, expected: Array, modules: int) -> Array:
    """float64[M]: how much more a module was clicked than expected, as log-odds, shrunk to none where it was expected little."""
    count, clicks, due = (np.bincount(module, weights=what, minlength=modules) for what in (None, clicked, expected))
    lift: Array = np.log((clicks + MODULE_CLICKS) / (due + MODULE_CLICKS))
    return lift - np.log((count - clicks + MODULE_CLICKS) / (count - due + MODULE_CLICKS))


def logistic(design: Array, clicked: Array) -> Array:
    """float64[F]: the coefficients of greatest posterior by Newton's method, from float64[N, F], the base first, and bool[N].

    A step that does not climb is halved: the objective is concave, so it ends at the top whatever was clicked.
    """
    labels, values = clicked.astype(np.float64), np.zeros(design.shape[1])
    ridge = np.full(design.shape[1], RIDGE)
    ridge[0] = 1e-2

    def height(at: Array) -> float:
        odds = design @ at
        return float((labels * odds - np.logaddexp(0, odds)).sum() - 0.5 * ridge @ at**2)

    reached = height(values)
    for _ in range(STEPS):
        chance = sigmoid(design @ values)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, design.T @ (labels - chance) - ridge * values)
        while (higher := height(values + step)) < reached - ENOUGH and np.abs(step).max() > ENOUGH:
            step = step / 2
        values, reached = values + step, higher
        if np.abs(step).max() <= ENOUGH:
            break
    return values


def sigmoid(odds: Array) -> Array:
    """float64: the probability of log-odds."""
    chance: Array = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return chance
