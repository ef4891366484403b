"""The table of the randomised e-mail test: which mail for whom, and whom to mail."""

from __future__ import annotations

import numpy as np

from bench.choose import arms, arms_ours
from bench.choose.hillstrom import ARMS, Trial
from bench.choose.table import missing, print_table, print_verdict
from bench.choose.world import Array

OURS = "ours"
MEAN, WORST, QINI = -0.1, -1.5, 0.050
"""Least mean and worst gain in visits per 1,000 customers, and least Qini coefficient of the women's mail."""


def hillstrom(trial: Trial, quick: bool = False) -> None:
    """Run all policies; `quick` takes 3 repeats instead of 12, and then no target is judged by them."""
    repeats = 3 if quick else arms.REPEATS
    peers = {name: peer for name, peer in arms.PEERS.items() if "LightGBM" not in name or not missing("lightgbm")}
    policies = {"best single of training": arms.best_single}
    policies |= {name: arms.greedy(peer("few")) for name, peer in peers.items()}
    policies[OURS] = arms_ours.policy
    exchanged, gains, told = arms.planted(trial), {}, []
    for name, policy in policies.items():
        gains[name] = 1_000 * arms.gains(trial, policy, repeats)
        told.append((name, *_two(gains[name]), *_two(1_000 * arms.gains(exchanged, policy, repeats))))
    print_table(
        f"hillstrom: visits per 1,000 above the men's mail for all; {arms.TRAINED:,} customers of training, {repeats} repeats",
        ("", "mean", "worst", "mean, taste planted", "worst, taste planted"),
        told,
    )
    qini = {}
    for name, expect in {**{name: peer("many") for name, peer in peers.items()}, OURS: arms_ours.expect}.items():
        qini[name] = [arms.qini_of(trial, expect, mail) for mail in (arms.WOMENS, arms.BEST)]
    print_table(
        "hillstrom: whom to mail, Qini coefficient of a mail against none, cross-fitted",
        ("", *(ARMS[mail] for mail in (arms.WOMENS, arms.BEST))),
        [(name, *(f"{value:.4f}" for value in values)) for name, values in qini.items()],
    )
    if quick:
        return
    print_verdict("hillstrom: mean gain per 1,000", gains[OURS].mean(), f">= {MEAN:g}", gains[OURS].mean() >= MEAN, 2)
    print_verdict("hillstrom: worst of 12", gains[OURS].min(), f">= {WORST:g}", gains[OURS].min() >= WORST, 2)
    print_verdict("hillstrom: Qini of the women's mail", qini[OURS][0], f">= {QINI:g}", qini[OURS][0] >= QINI)


def _two(gains: Array) -> tuple[str, str]:
    return f"{np.mean(gains):+.2f}", f"{np.min(gains):+.2f}"
