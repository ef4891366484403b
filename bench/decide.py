"""The decision alone, arrays in and slates out, over an installation's campaign `bench`: `python -m bench.decide CONFIG NOW`.

As `composer plan` does it: in batches, memory kept. CPU seconds, with and without the loading of the columns.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded, as the command does

from composer.app import open_app
from composer.config import load
from composer.pipeline.deciding import load_numbers
from composer.pipeline.plan import decide_in_batches, kept_memory, next_edition
from composer.store.audience import audience_pages
from composer.store.campaigns import get_campaign
from composer.store.engine import reading

EACH, LOADED_EACH = 0.1 / 10_000, 2 / 10_000
"""Bounds: CPU seconds a recipient, without and with the columns."""


def main() -> None:
    """Load everybody page by page and time deciding, and the loading apart from it."""
    app, now = open_app(load(Path(sys.argv[1]))), datetime.fromisoformat(sys.argv[2])
    opened = app.library()
    spent, loading, people = 0.0, 0.0, 0
    with kept_memory(), reading(app.engine) as db:
        campaign = get_campaign(db, "bench")
        edition, beliefs = next_edition(db, campaign, now), app.beliefs(db)
        for numbers in audience_pages(db, campaign, 10_000):
            started = time.process_time()
            audience, moment = load_numbers(app, db, opened, campaign, edition, numbers, now)
            loaded = time.process_time()
            for _ in decide_in_batches(app, opened, campaign, edition, beliefs, audience, moment):
                pass
            spent += time.process_time() - loaded
            loading += loaded - started
            people += len(numbers)
    app.close()
    for what, seconds, each in (
        (f"decision alone, {people:,} x {len(opened.library.modules)}", spent, EACH),
        ("with the loading of the columns", spent + loading, LOADED_EACH),
    ):
        print(f"{what:<52} {seconds:7.3f} CPU s (bound {people * each:g})  {'held' if seconds <= people * each else 'FELL SHORT'}")


if __name__ == "__main__":
    main()
