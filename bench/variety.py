"""How many different letters: `python -m bench.variety [RECIPIENTS]` plans, composes and checks whole what generated people get.

The people are the demo's: ten product categories, four roles, four stages, six places, two languages, all levels. Each has bought
some five things, has lately looked at some four product pages, and one in three has said what to hear about.
"""

from __future__ import annotations

import asyncio
import csv
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from composer.app import App, key_file, make_key, open_app
from composer.demo.run import SEED, START, demo_settings
from composer.domain.audience import person
from composer.domain.message import Message
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.compose import Composer
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.deliver import deliver
from composer.pipeline.ingest import ingest
from composer.pipeline.plan import next_edition, plan, schedule
from composer.pipeline.retrain import retrain
from composer.simulate import rows
from composer.simulate.crowd import CATEGORIES, Crowd, make_crowd
from composer.simulate.purchases import PRODUCTS_EACH, history
from composer.store.audience import audience_pages
from composer.store.campaigns import create_campaign, get_campaign
from composer.store.engine import connect, reading, writing
from composer.store.migrate import upgrade

ROOT = Path(__file__).parents[1]
WEEKS = 2
TOPICS = ("production", "people", "finance", "it")
Combination = tuple[tuple[str, str], ...]


def settle(folder: Path, size: int) -> App:
    """Make an installation with `size` people and what they bought."""
    settings = demo_settings(folder, ROOT, 25, 8025)
    make_key(key_file(settings))
    engine = connect(settings.database.url, folder)
    upgrade(engine)
    engine.dispose()
    app = open_app(settings)
    people = make_crowd(size, START, SEED)
    tables = {
        "products": rows.products(),
        "recipients": list(rows.recipients(people)),
        "consents": [*rows.consents(people), *declared(people)],
        "orders": list(rows.orders(history(people), "h")),
        "events": looked(people),
    }
    for kind, lines in tables.items():
        file = folder / f"{kind}.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        ingest(app, kind, file, now=START)
    with writing(app.engine) as db:
        create_campaign(db, {"name": "variety", "title": "This week for you", "window": "now", "repeat": "7d"}, START)
    retrain(app, START)
    return app


def looked(people: Crowd) -> list[rows.Row]:
    """Product pages that people looked at in the eight weeks before: what they like, and one in four out of curiosity."""
    draw, found = np.random.default_rng(SEED + 3), list[rows.Row]()
    for r in range(len(people)):
        for _ in range(draw.poisson(4)):
            taste = people.tastes[r].astype(np.float64) if draw.random() < 0.75 else np.ones(len(CATEGORIES))
            category = int(draw.choice(len(CATEGORIES), p=taste / taste.sum()))
            product = rows.product_id(category, 1 + int(draw.integers(PRODUCTS_EACH)))
            at = (START - timedelta(weeks=8) * draw.random()).replace(microsecond=0).isoformat()
            event = {"event_id": f"v{len(found):07d}", "recipient_id": rows.recipient_id(r), "kind": "view"}
            found.append({**event, "occurred_at": at, "product_id": product})
    return found


def declared(people: Crowd) -> list[rows.Row]:
    """Topics that one in three has asked for, one or two of four."""
    draw = np.random.default_rng(SEED + 4)
    said, form = [r for r in range(len(people)) if draw.random() < 1 / 3], next(rows.consents(people))
    return [
        {**form, "recipient_id": rows.recipient_id(r), "purpose": f"topic:{topic}"}
        for r in said
        for topic in draw.choice(TOPICS, size=int(draw.integers(1, 3)), replace=False)
    ]


def combination(newsletter: Newsletter) -> Combination:
    """The blocks of a letter with their variants, in order."""
    return tuple((block.module, block.variant) for block in newsletter.blocks)


class Sink:
    """A way out that takes every letter and keeps none."""

    connections = depth = 8

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]]) -> Outcome:
        await begun()
        return Outcome(Verdict.accepted, 250, "taken") if still_wanted() else Outcome(Verdict.withdrawn)

    async def close(self) -> None: ...


@dataclass
class Seen:
    """What a plan came to: each reader's combination, and counts of everything that varies."""

    planned: dict[str, Combination] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    tones: Counter[str] = field(default_factory=Counter)
    openings: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)

    def add(self, outcome: Newsletter | Skipped) -> None:
        if isinstance(outcome, Skipped):
            self.skipped[outcome.reason.value] += 1
            return
        self.planned[outcome.recipient_id] = combination(outcome)
        self.tones[outcome.tone.chosen] += 1
        self.openings[outcome.opening.chosen] += 1
        self.lengths[len(outcome.blocks)] += 1

    def tell(self, title: str, modules: int) -> None:
        used = {name for blocks in self.planned.values() for name, _ in blocks}
        sets = {frozenset(blocks) for blocks in self.planned.values()}
        print(f"{title}: {len(self.planned):,} letters; skipped: {dict(self.skipped)}")
        print(f"  distinct block-and-variant combinations: {len(set(self.planned.values())):,} in order, {len(sets):,} as sets")
        print(f"  modules used: {len(used)} of {modules}; blocks a letter: {dict(self.lengths)}")
        print(f"  tones: {dict(self.tones)}; openings: {dict(self.openings)}", flush=True)


def main() -> None:
    """Plan for everybody and count the different letters, week after week; compose and check the last week's whole."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as place:
        app = settle(Path(place), size)
        for week in range(WEEKS):
            monday = START + timedelta(weeks=week)
            seen = Seen()
            plan(app, "variety", monday, line=seen.add)
            seen.tell(f"letter {week + 1}", len(app.library().library.modules))
            if week + 1 < WEEKS:
                schedule(app, "variety", monday)
                asyncio.run(deliver(app, lambda monday=monday: monday, transport=Sink()))  # type: ignore[misc]
                retrain(app, monday + timedelta(days=5))
        check(app, monday, seen.planned)
        app.close()


def check(app: App, now: datetime, planned: dict[str, Combination]) -> None:
    """Compose every letter with the whole check; decide it again from the data, as the claim does."""
    blocking: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    composed, bytes_, started = 0, 0, time.perf_counter()
    with reading(app.engine) as db:
        campaign = get_campaign(db, "variety")
        edition = next_edition(db, campaign, now)
        composer = Composer(app, campaign, edition, app.library())
        for numbers in audience_pages(db, campaign):
            decided = decide_numbers(app, db, app.library(), campaign, edition, numbers, now)
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
