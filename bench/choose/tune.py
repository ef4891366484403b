"""Tune LightGBM for each task on inner folds of the fitting sends: `python -m bench.choose.tune [R|X ...]`.

Two folds in order of time: fitted on sends 14-20 and judged on 22 and 24, fitted on 14-24 and judged on 26 and 28. What counts
is the figure it is judged by later, hit@5.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from bench.choose.metrics import measured
from bench.choose.peers import boosted, logit
from bench.choose.world import World, load

FOLDS = (((14, 16, 18, 20), (22, 24)), ((14, 16, 18, 20, 22, 24), (26, 28)))
TRIALS, SEED = 16, 11
ROUNDS = (50, 100, 150, 200, 300, 400, 600)
GRID = {
    "num_leaves": (4, 7, 15, 31, 63),
    "min_child_samples": (20, 100, 300, 1000, 3000),
    "learning_rate": (0.03, 0.05, 0.1),
    "lambda_l2": (0.0, 1.0, 10.0, 100.0),
    "feature_fraction": (0.6, 1.0),
    "cat_smooth": (10.0, 100.0),
    "module": (True, False),
}


def tune(world: World, task: str) -> None:
    """Print every trial's best number of rounds, best trial last."""
    draws, found = np.random.default_rng(SEED), []
    for _ in range(TRIALS):
        settings = {name: values[draws.integers(len(values))] for name, values in GRID.items()}
        settings["rows"] = "R" if task == "R" else "RX"[draws.integers(2)]
        started = time.process_time()
        hits = np.zeros(len(ROUNDS))
        for fitted, judged in FOLDS:
            score = boosted(world, task, fitted, {**settings, "rounds": ROUNDS[-1]})
            for i, rounds in enumerate(ROUNDS):
                hits[i] += measured(world, judged, task, {send: score(send, rounds) for send in judged}).mean() / len(FOLDS)
        best = int(hits.argmax())
        found.append((hits[best], {**settings, "rounds": ROUNDS[best]}))
        print(f"{task} {hits[best]:.5f} {found[-1][1]}  {time.process_time() - started:.0f} CPU s", flush=True)
    simple = [measured(world, judged, task, {send: logit(world, task, fitted)(send) for send in judged}).mean() for fitted, judged in FOLDS]
    print(f"{task} {np.mean(simple):.5f} logit on the same folds")
    print(f"{task} best: {max(found, key=lambda one: one[0])}")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["R", "X"]:
        tune(load(), name)
