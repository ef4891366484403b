"""The table of learning from zero clicks: the share of the oracle's clicks, with a right prior and with a wrong one."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from bench.choose import mabwiser_peer, ours, vowpal
from bench.choose.learners import SIMPLE
from bench.choose.table import missing, print_table, print_verdict
from bench.choose.world import SENDS, Array, World
from bench.choose.zero import SEEDS, Start, simulate

RIGHT, WRONG = "right prior", "wrong prior"
ALL, FIRST_FOUR = 0, 2
"""Where all sends and the first four stand among a Share's four."""
EB = "EB frequency, no learning"
TARGETS = {(RIGHT, ALL): 0.71, (RIGHT, FIRST_FOUR): 0.69, (WRONG, ALL): 0.565}


def zero(world: World, quick: bool = False, first: int = SENDS[0]) -> None:
    """Run every learner in both worlds, sending every two weeks from week `first` on.

    `quick` takes one seed, without Vowpal Wabbit and MABWiser. Targets are judged by the protocol's sends alone, and not when quick.
    """
    sends = tuple(range(first, SENDS[-1] + 1, 2))
    seeds = SEEDS[:1] if quick else SEEDS
    for what in (RIGHT, WRONG):
        learners = {**SIMPLE, **({} if quick else _libraries(what, warm=first > max(vowpal.WARM) + 1)), **ours.ZERO}
        found = {name: _shares(world, start, seeds, what == WRONG, sends) for name, start in learners.items()}
        rows = [
            (name, *(f"{share:.3f}" for share in shares.mean(axis=0)[:4]), f"{shares[:, 0].std():.3f}", f"{shares[:, 4].mean():.1f}")
            for name, shares in found.items()
        ]
        if not ours.ZERO:
            rows.append((ours.EXPLORING, "not there yet", *[""] * 5))
        print_table(
            f"from zero clicks, {what}: share of the oracle's clicks, {len(sends)} sends, {len(seeds)} seeds",
            ("", "all sends", "first", "first four", "last four", "sd of seeds", "CPU s a seed"),
            rows,
        )
        if not quick and sends == SENDS:
            _judge(what, found)


def _judge(what: str, found: Mapping[str, Array]) -> None:
    def share(learner: str, place: int) -> float | None:
        return float(found[learner][:, place].mean()) if learner in found else None

    for (where, place), target in TARGETS.items():
        if where == what:
            ours_is = share(ours.EXPLORING, place)
            asked = f"from zero, {what}, {'all sends' if place == ALL else 'first four sends'}, 10 % explored"
            print_verdict(asked, ours_is, f">= {target:g}", ours_is is not None and ours_is >= target, 3)
    if what == RIGHT:
        ours_is, least = share(ours.GREEDY, ALL), float(found[EB][:, ALL].mean())
        held = ours_is is not None and ours_is > least
        print_verdict("from zero, right prior, all sends, no exploration", ours_is, f"> {least:.3f} (EB)", held, 3)


def _libraries(what: str, warm: bool) -> dict[str, Start]:
    """The libraries with the settings that were best in this world; `warm`: also those that start from purchases."""
    found: dict[str, Start] = {}
    if not missing("vowpalwabbit"):
        found |= {f"VW CCB, {name}": vowpal.start(name) for name in vowpal.BEST[what]}
    if not missing("mabwiser"):
        found |= {f"MABWiser LinUCB, {name}": mabwiser_peer.start(name) for name in mabwiser_peer.BEST[what]}
    return {name: start for name, start in found.items() if warm or "warm" not in name}


def _shares(world: World, start: Start, seeds: tuple[int, ...], wrong: bool, sends: tuple[int, ...]) -> Array:
    """float64[seeds, 5]: the four shares, and CPU seconds."""
    found = []
    for seed in seeds:
        started = time.process_time()
        found.append((*simulate(world, start, seed, wrong, sends).four(), time.process_time() - started))
    return np.array(found)
