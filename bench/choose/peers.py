"""Peers on relevance: counting rules, a plain logit and LightGBM, all of one form.

A peer is fitted on the sends given and returns a function from a send to scores, float64[H, M]. A method of ours
takes part in the same form (`ours.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench.choose.features import features_at, frequency_at, log_odds, shrunk
from bench.choose.world import FITTED, MODULES, SENDS, Array, World

Score = Callable[[int], Array]
Peer = Callable[[World, str], Score]

LIGHTGBM: Mapping[str, Mapping[str, Any]] = {
    "R": {
        "num_leaves": 7,
        "min_child_samples": 3000,
        "learning_rate": 0.05,
        "lambda_l2": 10.0,
        "feature_fraction": 0.6,
        "cat_smooth": 100.0,
        "module": False,
        "rows": "R",
        "rounds": 200,
    },
    "X": {
        "num_leaves": 4,
        "min_child_samples": 20,
        "learning_rate": 0.1,
        "lambda_l2": 100.0,
        "feature_fraction": 0.6,
        "cat_smooth": 10.0,
        "module": True,
        "rows": "R",
        "rounds": 600,
    },
}
"""The best settings on inner folds of the fitting sends, by task: `python -m bench.choose.tune` finds them anew."""


def popularity(world: World, task: str) -> Score:
    """What was bought by most households in the last two weeks."""
    return lambda send: features_at(world, send)[:, :, 3]


def raw_frequency(world: World, task: str) -> Score:
    """The share of the household's order days with the module."""

    def score(send: int) -> Array:
        count, orders = frequency_at(world, send)
        return count / np.maximum(orders, 1)[:, None]

    return score


def eb_frequency(world: World, task: str) -> Score:
    """The same share, shrunk towards everybody's by as much as the data say."""
    return lambda send: log_odds(shrunk(*frequency_at(world, send)))


def rows_of(world: World, task: str, sends: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """float64[N, 9] features, int64[N] module and bool[N] right, of everything that could have been shown in the task."""
    parts = []
    for send in sends:
        s = SENDS.index(send)
        rows, modules = np.nonzero(world.fresh[s] if task == "X" else np.repeat(world.eligible[s][:, None], MODULES, axis=1))
        parts.append((features_at(world, send)[rows, modules], modules, world.right[s][rows, modules]))
    features, modules, right = (np.concatenate(part) for part in zip(*parts, strict=True))
    return features, modules, right


def logit(world: World, task: str, sends: tuple[int, ...] = FITTED, penalty: float = 1.0) -> Score:
    """A logistic regression on the nine features, standardised, by Newton's steps."""
    features, _, right = rows_of(world, task, sends)
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-9
    weights = logistic((features - mean) / deviation, right.astype(np.float64), penalty)
    return lambda send: weights[0] + ((features_at(world, send) - mean) / deviation) @ weights[1:]


def logistic(features: Array, label: Array, penalty: float, steps: int = 25) -> Array:
    """float64[1 + F]: intercept (not penalised) and weights of a ridge logistic regression."""
    design = np.column_stack([np.ones(len(features)), features])
    weights, ridge = np.zeros(design.shape[1]), np.full(design.shape[1], penalty)
    ridge[0] = 1e-9
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-(design @ weights)))
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curve, design.T @ (label - chance) - ridge * weights)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def lightgbm(world: World, task: str) -> Score:
    """LightGBM with its tuned settings."""
    return boosted(world, task, FITTED, LIGHTGBM[task])


def boosted(world: World, task: str, sends: tuple[int, ...], settings: Mapping[str, Any]) -> Score:
    """LightGBM on the nine features and the module as a category; on one thread, for CPU time is what is compared.

    `settings` are LightGBM's own but for `rounds`, and two of ours: `rows`, the task whose rows it is fitted on, and `module`,
    whether it is told the module.
    """
    import lightgbm as peer

    options = {key: value for key, value in settings.items() if key not in ("rounds", "rows", "module")}
    named = settings["module"]
    features, modules, right = rows_of(world, settings["rows"], sends)
    told = np.column_stack([features, modules]) if named else features
    data = peer.Dataset(told, right.astype(np.int8), categorical_feature=[features.shape[1]] if named else [])
    model = peer.train({"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, **options}, data, settings["rounds"])

    def score(send: int, rounds: int | None = None) -> Array:
        told = features_at(world, send)
        module = np.broadcast_to(np.arange(MODULES), told.shape[:2]).reshape(-1, 1)
        rows = np.column_stack([told.reshape(-1, told.shape[2]), *([module] if named else [])])
        found: Array = model.predict(rows, raw_score=True, num_threads=1, num_iteration=rounds).reshape(told.shape[:2])
        return found

    return score


PEERS: Mapping[str, Peer] = {
    "popularity, two weeks": popularity,
    "raw frequency": raw_frequency,
    "EB frequency": eb_frequency,
    "logit, 9 features": logit,
    "LightGBM, tuned": lightgbm,
}
