"""Run the comparison: `python -m bench.choose [relevance|zero|policies|arms|all] [--quick]`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from bench.choose import hillstrom, world
from bench.choose.hillstrom_table import hillstrom as arms
from bench.choose.off_policy import off_policy
from bench.choose.relevance import relevance
from bench.choose.zero_table import zero

Data = TypeVar("Data")


def main() -> None:
    """Run what was asked for; data that are not there are said to be missing."""
    parser = argparse.ArgumentParser(prog="python -m bench.choose", description="Choosing, measured on real data with peers beside us.")
    parser.add_argument("what", nargs="?", choices=("relevance", "zero", "policies", "arms", "all"), default="all")
    parser.add_argument("--quick", action="store_true", help="fewer seeds and repeats, slow peers left out, no target judged by them")
    weeks = range(1, world.SENDS[-1] + 1)
    told = "zero: the week of the first send; an earlier one gives longer to learn"
    parser.add_argument("--first-week", type=int, default=world.SENDS[0], choices=weeks, metavar="WEEK", help=told)
    asked = parser.parse_args()
    on_journey = {"relevance": relevance, "zero": partial(zero, first=asked.first_week), "policies": off_policy}
    if asked.what in (*on_journey, "all"):
        journey = _loaded(world.load, str(world.JOURNEY))
        for name, run in on_journey.items():
            if journey is not None and asked.what in (name, "all"):
                run(journey, asked.quick)
    if asked.what in ("arms", "all"):
        trial = _loaded(hillstrom.load, str(hillstrom.HILLSTROM))
        if trial is not None:
            arms(trial, asked.quick)


def _loaded(load: Callable[[], Data], folder: str) -> Data | None:
    try:
        return load()
    except FileNotFoundError as missing:
        print(f"bench.choose: {folder} is not there ({missing.filename}); put the data there to run this benchmark")
        return None


if __name__ == "__main__":
    main()
