"""Python's cycle collector, kept calm while letters leave: what a claim holds is many objects, none of them garbage.

Letters are freed as they are sent, without the collector. Left at its usual pace it walks through hundreds of thousands of living
objects again and again: a tenth of the time of a run of delivery.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_CALM = (300_000, 10, 10)
"""New containers before the youngest are looked at (two batches of letters are 260,000), and rounds before the older ones are."""


_runs: list[tuple[int, int, int]] = []
"""What was usual before the first run that goes on, once for each run."""


@contextmanager
def calm_collector() -> Iterator[None]:
    """Let the collector pass over what is alive now, and look at the rest seldom; once the last run ends everything is as it was."""
    _runs.append(_runs[0] if _runs else gc.get_threshold())
    gc.freeze()
    gc.set_threshold(*_CALM)
    try:
        yield
    finally:
        usual = _runs.pop()
        if not _runs:
            gc.set_threshold(*usual)
            gc.unfreeze()
