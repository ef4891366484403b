"""Which mail for whom, and whom to mail at all: policies learnt on few customers of a randomised test, judged on the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from bench.choose.hillstrom import ARMS, Trial
from bench.choose.peers import logistic
from bench.choose.world import Array

TRAINED, REPEATS, FOLDS = 4_000, 12, 5
BEST, WOMENS, NONE = (ARMS.index(name) for name in ("men's", "women's", "none"))
"""The best single mail of the whole test is the men's; it is what policies are measured against."""
Expect = Callable[[Trial, Trial], Array]
"""Fitted on the first trial: the visits of the second to be expected in each arm, float64[N, 3]."""
Policy = Callable[[Trial, Trial], Array]
"""Learnt on the first trial: the arm of each customer of the second, int64[N]."""
SHARE = 1 / len(ARMS)


LIGHTGBM = {
    "few": {"num_leaves": 2, "min_child_samples": 200, "learning_rate": 0.03, "lambda_l2": 100.0, "num_iterations": 30},
    "many": {"num_leaves": 7, "min_child_samples": 50, "learning_rate": 0.03, "lambda_l2": 10.0, "num_iterations": 80},
}
PENALTY = {"few": 300.0, "many": 1.0}
"""The peers' best settings for 4,000 customers (the mean gain over other repeats) and for whom to mail, of a grid of each."""


def logistic_per_arm(size: str) -> Expect:
    """A ridge logistic regression for each arm, with the settings for few or many customers."""

    def expect(trained: Trial, judged: Trial) -> Array:
        mean, deviation = trained.told.mean(axis=0), trained.told.std(axis=0)
        told, found = (judged.told - mean) / deviation, []
        for arm in range(len(ARMS)):
            rows = trained.arm == arm
            weights = logistic((trained.told[rows] - mean) / deviation, trained.visited[rows], PENALTY[size])
            found.append(1 / (1 + np.exp(-(weights[0] + told @ weights[1:]))))
        return np.column_stack(found)

    return expect


def lightgbm_t(size: str) -> Expect:
    """LightGBM's T-learner, a model for each arm, with the settings for few or many customers."""

    def expect(trained: Trial, judged: Trial) -> Array:
        import lightgbm as peer

        found = []
        for arm in range(len(ARMS)):
            rows = trained.arm == arm
            options = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, **LIGHTGBM[size]}
            model = peer.train(options, peer.Dataset(trained.told[rows], trained.visited[rows]))
            found.append(model.predict(judged.told, num_threads=1))
        return np.column_stack(found)

    return expect


def greedy(expect: Expect) -> Policy:
    """The policy that takes the arm of which most is expected."""
    return lambda trained, judged: expect(trained, judged).argmax(axis=1)


def best_single(trained: Trial, judged: Trial) -> Array:
    """The arm that did best in training, for everybody."""
    return np.full(len(judged), int(rates(trained).argmax()))


def rates(trial: Trial) -> Array:
    """float64[3]: the share of visitors in each arm."""
    return np.array([trial.visited[trial.arm == arm].mean() for arm in range(len(ARMS))])


def gain(chosen: Array, judged: Trial) -> float:
    """Visits per customer under `chosen` above those under the best single mail.

    Weighted by the known chances of the arms, with each arm's mean taken out of the noise (a control variate); who would get the
    best single mail anyway adds nothing.
    """
    means = rates(judged)
    residual = (judged.visited - means[judged.arm]) / SHARE
    counted = (judged.arm == chosen).astype(np.float64) - (judged.arm == BEST)
    return float((means[chosen] - means[BEST] + counted * residual).mean())


def gains(trial: Trial, policy: Policy, repeats: int = REPEATS) -> Array:
    """float64[repeats]: the gain of a policy learnt on TRAINED customers, judged on all others, each time other ones."""
    found = []
    for repeat in range(repeats):
        order = np.random.default_rng([repeat, 7]).permutation(len(trial))
        trained, judged = trial.take(order[:TRAINED]), trial.take(order[TRAINED:])
        found.append(gain(policy(trained, judged), judged))
    return np.array(found)


def crossed(trial: Trial, expect: Expect) -> Array:
    """float64[N, 3]: what is expected of each customer by a model that was fitted without them."""
    fold = np.random.default_rng(5).permutation(len(trial)) % FOLDS
    found = np.zeros((len(trial), len(ARMS)))
    for one in range(FOLDS):
        found[fold == one] = expect(trial.take(np.flatnonzero(fold != one)), trial.take(np.flatnonzero(fold == one)))
    return found


def qini(visited: Array, treated: Array, uplift: Array) -> float:
    """The Qini coefficient: the area between the curve and a random order's, as a share of the perfect order's (Radcliffe 2007).

    Perfect is: first who visited with the mail, last who visited without.
    """
    perfect = visited * treated - visited * (1 - treated)
    area, random = _area(visited, treated, uplift)
    best, _ = _area(visited, treated, perfect)
    return (area - random) / (best - random)


def _area(visited: Array, treated: Array, order: Array) -> tuple[float, float]:
    """Areas under the curve of visits gained by customers mailed in falling order (equals together), and under its chord."""
    rank = np.argsort(-order, kind="stable")
    visited, treated, order = visited[rank], treated[rank], order[rank]
    last = np.append(order[1:] != order[:-1], True)
    mailed, others = np.cumsum(treated)[last], np.cumsum(1 - treated)[last]
    won, lost = np.cumsum(visited * treated)[last], np.cumsum(visited * (1 - treated))[last]
    curve = np.append(0.0, won - lost * np.divide(mailed, others, out=np.zeros(len(mailed)), where=others > 0))
    count = np.append(0.0, np.flatnonzero(last) + 1.0)
    return float(np.trapezoid(curve, count)), float(curve[-1] * count[-1] / 2)


def qini_of(trial: Trial, expect: Expect, mail: int) -> float:
    """The Qini coefficient of a mail against none, cross-fitted."""
    expected = crossed(trial, expect)
    rows = (trial.arm == mail) | (trial.arm == NONE)
    return qini(trial.visited[rows], (trial.arm[rows] == mail).astype(np.float64), (expected[:, mail] - expected[:, NONE])[rows])


def planted(trial: Trial) -> Trial:
    """The same test with the two mails' names exchanged for new customers: a taste that is really there, so that one arm for all is
    wrong for half of them. A policy that never leaves the best single mail gains nothing here."""
    new = trial.groups["new"][0] == 1
    exchanged = np.array([WOMENS, BEST, NONE])[trial.arm]
    return replace(trial, arm=np.where(new, exchanged, trial.arm))


PEERS: Mapping[str, Callable[[str], Expect]] = {"logistic per arm": logistic_per_arm, "LightGBM T-learner": lightgbm_t}
