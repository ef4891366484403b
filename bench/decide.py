"""The decision alone, arrays in and slates out, over an installation's campaign `bench`: `python -m bench.decide CONFIG NOW`."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

from composer.app import open_app
from composer.config import load
from composer.decide import decide
from composer.domain.moment import Moment
from composer.pipeline.plan import next_edition
from composer.store.audience import audience_pages, load_audience
from composer.store.campaigns import get_campaign
from composer.store.engine import reading

BOUND_SECONDS = 5.0


def main() -> None:
    """Load everybody page by page and time `decide`, and the loading apart from it, in CPU seconds."""
    app, now = open_app(load(Path(sys.argv[1]))), datetime.fromisoformat(sys.argv[2])
    library, defaults = app.library().library, app.settings.defaults
    spent, loading, people = 0.0, 0.0, 0
    with reading(app.engine) as db:
        campaign = get_campaign(db, "bench")
        edition = next_edition(db, campaign, now)
        moment, beliefs = Moment(edition.scheduled, now, edition.key), app.beliefs(db)
        for numbers in audience_pages(db, campaign, 10_000):
            started = time.process_time()
            audience = load_audience(db, library, campaign, moment, numbers, defaults.language, defaults.time_zone)
            loaded = time.process_time()
            decide(
                audience, library, campaign, edition, moment, beliefs, app.rules, app.signals, (defaults.quiet_from, defaults.quiet_until)
            )
            spent += time.process_time() - loaded
            loading += loaded - started
            people += len(numbers)
    app.close()
    held = "held" if spent <= BOUND_SECONDS else "FELL SHORT"
    print(f"{f'decision alone, {people:,} x {len(library.modules)}':<52} {spent:7.2f} s (bound {BOUND_SECONDS:g})  {held}")
    print(f"{'with the loading of the columns':<52} {spent + loading:7.2f} s")


if __name__ == "__main__":
    main()
