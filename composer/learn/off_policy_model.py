"""The click model behind an off-policy estimate: a small logistic regression, fitted on other people than it is asked about."""

from __future__ import annotations

import numpy as np

from composer.domain.audience import Array
from composer.domain.logged import LoggedLetters
from composer.learn.logistic import Design, fit

FOLDS = 5
BASE, RIDGE, MODULE_CLICKS = 1e-2, 4.0, 20.0
"""Precision of the base and of every other coefficient; clicks that a module's own rate must stand on before it is half believed."""


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
    """float64[F]: the coefficients of greatest posterior, from float64[N, F], the base first, and bool[N]."""
    precision = np.full(design.shape[1], RIDGE)
    precision[0] = BASE
    nothing = np.zeros(design.shape[1])
    return fit(Design(design, (), (), clicked), nothing, precision, nothing).values


def sigmoid(odds: Array) -> Array:
    """float64: the probability of log-odds."""
    chance: Array = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return chance
