"""Task R and task X on the journey purchases: peers beside us, paired intervals, and the time that scoring takes."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from bench.choose import ours
from bench.choose.metrics import Measures, interval, measured, paired, slates
from bench.choose.peers import PEERS, Peer, Score
from bench.choose.table import between, missing, print_table, print_verdict
from bench.choose.world import JUDGED, World

EB, BOOSTED, OURS = "EB frequency", "LightGBM, tuned", "ours"
TARGETS = {("R", EB): 0.0, ("R", BOOSTED): -0.002, ("X", EB): -0.002, ("X", BOOSTED): -0.001}
"""What the difference from the peer may not fall below: its interval's lower bound, but for R against EB frequency the mean."""
SECONDS = 0.1
"""CPU seconds in which 10,000 newsletters are to be scored and filled."""


def relevance(world: World, quick: bool = False) -> None:
    """Run both tasks and print their tables; `quick` leaves LightGBM out."""
    left_out = {BOOSTED} if quick or missing("lightgbm") else set()
    peers = {name: peer for name, peer in PEERS.items() if name not in left_out}
    if ours.RELEVANCE is not None:
        peers[OURS] = ours.RELEVANCE
    for task in ("R", "X"):
        _task(world, task, peers)


def _task(world: World, task: str, peers: Mapping[str, Peer]) -> None:
    found: dict[str, Measures] = {}
    times: dict[str, tuple[float, float]] = {}
    for name, peer in peers.items():
        started = time.process_time()
        score = peer(world, task)
        fitted = time.process_time() - started
        found[name] = measured(world, JUDGED, task, {send: score(send) for send in JUDGED})
        times[name] = fitted, _seconds(world, score)
    rows = []
    for name, measures in found.items():
        mean, low, high = interval(measures)
        against = [between(paired(measures, found[other])) if other in found and other != name else "" for other in (EB, BOOSTED)]
        spent = (f"{times[name][0]:.1f}", f"{times[name][1]:.3f}")
        rows.append((name, f"{mean:.4f} [{low:.4f}, {high:.4f}]", f"{measures.mean('ndcg'):.4f}", *against, *spent))
    if OURS not in found:
        rows.append((OURS, "not there yet", *[""] * 5))
    letters = int(next(iter(found.values())).letters.sum())
    print_table(
        f"journey {task}: {letters:,} newsletters of five blocks",
        ("", "hit@5", "NDCG@5", f"hit@5 - {EB}", f"hit@5 - {BOOSTED}", "fit CPU s", "score + select CPU s / 10,000"),
        rows,
    )
    for other in (EB, BOOSTED):
        if other not in found:
            continue
        target = TARGETS[task, other]
        mean, low, _ = paired(found[OURS], found[other]) if OURS in found else (None, None, None)
        figure, what = (mean, "difference") if (task, other) == ("R", EB) else (low, "lower bound of the difference")
        above = figure is not None and (figure >= target if (task, other) in (("R", BOOSTED), ("X", EB)) else figure > target)
        sign = ">=" if (task, other) in (("R", BOOSTED), ("X", EB)) else ">"
        print_verdict(f"journey {task} hit@5: {what} from {other}", figure, f"{sign} {target:g}", above)
    spent = times[OURS][1] if OURS in times else None
    print_verdict(f"journey {task}: score + select 10,000, CPU s", spent, f"<= {SECONDS:g}", spent is not None and spent <= SECONDS, 3)


def _seconds(world: World, score: Score) -> float:
    """CPU seconds for 10,000 newsletters, scored a second time: what a send's columns cost is paid by then."""
    everything = np.ones((len(world.households), len(world.modules)), dtype=bool)
    started = time.process_time()
    for send in JUDGED:
        slates(score(send), everything)
    return (time.process_time() - started) * 10_000 / (len(world.households) * len(JUDGED))
