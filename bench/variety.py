"""How many different letters: `python -m bench.variety [RECIPIENTS]` plans, composes and checks whole what generated people get.

The people are the demo's: ten product categories, four roles, four stages, six places, two languages, all levels.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from composer.app import App, key_file, make_key, open_app
from composer.demo.people import crowd, products
from composer.demo.run import SEED, START, demo_settings
from composer.domain.audience import person
from composer.domain.newsletter import Newsletter, Skipped
from composer.pipeline.compose import Composer
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.ingest import ingest
from composer.pipeline.plan import next_edition, plan
from composer.pipeline.retrain import retrain
from composer.store.audience import audience_pages
from composer.store.campaigns import create_campaign, get_campaign
from composer.store.engine import connect, reading, writing
from composer.store.migrate import upgrade

ROOT = Path(__file__).parents[1]
Combination = tuple[tuple[str, str], ...]


def settle(folder: Path, size: int) -> App:
    """Make an installation with `size` people and what they bought."""
    settings = demo_settings(folder, ROOT, 25, 8025)
    make_key(key_file(settings))
    engine = connect(settings.database.url, folder)
    upgrade(engine)
    engine.dispose()
    app = open_app(settings)
    people = crowd(size, START, SEED)
    for kind, rows in (
        ("products", products()),
        ("recipients", people.recipients),
        ("consents", people.consents),
        ("orders", people.orders),
    ):
        file = folder / f"{kind}.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        ingest(app, kind, file, now=START)
    with writing(app.engine) as db:
        create_campaign(db, {"name": "variety", "title": "This week for you", "window": "now"}, START)
    retrain(app, START)
    return app


def combination(newsletter: Newsletter) -> Combination:
    """The blocks of a letter with their variants, in order."""
    return tuple((block.module, block.variant) for block in newsletter.blocks)


def main() -> None:
    """Plan for everybody, count the different letters, then compose and check each one over its final bytes."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as place:
        app = settle(Path(place), size)
        planned: dict[str, Combination] = {}
        skipped: Counter[str] = Counter()
        tones: Counter[str] = Counter()
        openings: Counter[str] = Counter()
        lengths: Counter[int] = Counter()

        def line(outcome: Newsletter | Skipped) -> None:
            if isinstance(outcome, Skipped):
                skipped[outcome.reason.value] += 1
                return
            planned[outcome.recipient_id] = combination(outcome)
            tones[outcome.tone.chosen] += 1
            openings[outcome.opening.chosen] += 1
            lengths[len(outcome.blocks)] += 1

        edition = plan(app, "variety", START, line=line).edition
        sets = {frozenset(blocks) for blocks in planned.values()}
        modules = Counter(name for blocks in planned.values() for name, _ in blocks)
        print(f"{len(planned):,} letters; skipped: {dict(skipped)}")
        print(f"distinct block-and-variant combinations: {len(set(planned.values())):,} in order, {len(sets):,} as sets")
        print(f"modules used: {len(modules)} of {len(app.library().library.modules)}; blocks a letter: {dict(lengths)}")
        print(f"tones: {dict(tones)}; openings: {dict(openings)}")
        check(app, edition_time=edition.scheduled, planned=planned)
        app.close()


def check(app: App, edition_time: datetime, planned: dict[str, Combination]) -> None:
    """Compose every letter with the whole check; decide it again from the data, as the claim does."""
    blocking: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    composed, bytes_, started = 0, 0, time.perf_counter()
    with reading(app.engine) as db:
        campaign = get_campaign(db, "variety")
        edition = next_edition(db, campaign, edition_time)
        composer = Composer(app, campaign, edition, app.library())
        for numbers in audience_pages(db, campaign):
            decided = decide_numbers(app, db, app.library(), campaign, edition, numbers, START)
            for r in range(len(decided)):
                outcome = decided.outcome(r)
                if isinstance(outcome, Skipped):
                    continue
                if combination(outcome) != planned[outcome.recipient_id]:
                    sys.exit("variety: a letter decided again differs from the plan")
                message, findings = composer.compose(outcome, person(decided.audience, r))
                composed += 1
                bytes_ += len(message.data)
                for finding in findings:
                    (blocking if finding.blocks else warnings)[finding.check] += 1
    seconds = time.perf_counter() - started
    each = max(composed, 1)
    print(f"{composed:,} composed and checked whole: {bytes_ // each:,} bytes and {seconds / each * 1e3:.1f} ms each")
    print(f"blocking findings: {dict(blocking) or 'none'}; warnings: {dict(warnings) or 'none'}")
    if blocking or composed != len(planned):
        sys.exit(1)


if __name__ == "__main__":
    main()
