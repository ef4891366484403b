"""The demo's run: import, then week after week plan -> SMTP -> clicks, purchases, opt-outs -> retrain, and the report."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from composer.app import App, key_file, make_key, open_app
from composer.config import Settings
from composer.demo.inbox import Inbox
from composer.demo.life import DemoRun, Week, arrive, bring_in, live_until, queue_purchases
from composer.domain.campaign import Edition
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.domain.newsletter import Newsletter
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Arm
from composer.errors import ComposerError
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.pipeline.report import report
from composer.pipeline.retrain import retrain
from composer.simulate.crowd import make_crowd
from composer.simulate.planted import Comparison, compare
from composer.simulate.purchases import history, week_of
from composer.simulate.readers import Readers
from composer.simulate.rows import consents, orders, products, recipients, row_of
from composer.store.audience import audience_pages, load_audience
from composer.store.campaigns import create_campaign, editions_of, get_campaign
from composer.store.decisions import load_newsletter
from composer.store.engine import connect, reading, writing
from composer.store.migrate import upgrade
from composer.store.plans import planned_letters

START = datetime(2026, 3, 2, 5, tzinfo=UTC)
"""A Monday morning. The demo's clock is its own: the same run gives the same letters on any day."""
SEED = 20260302
CAMPAIGN = {
    "name": "weekly",
    "title": "This week for you",
    "repeat": "7d",
    "holdout": 0.2,
    "window": {"days": "Mon-Fri", "hours": "08:00-18:00"},
}
MARK = "made-by-composer-demo"


def demo_settings(folder: Path, library: Path, smtp_port: int, web_port: int) -> Settings:
    """Settings of the demo's own installation: everything in one folder, mail into the built-in inbox."""
    return Settings.model_validate(
        {
            "database": {"url": "sqlite:///composer.db"},
            "library": {"modules": library / "modules", "templates": library / "templates"},
            "smtp": {"host": "127.0.0.1", "port": smtp_port, "start_tls": "off"},
            "web": {"port": web_port, "base_url": f"http://127.0.0.1:{web_port}", "rate_limit": "off"},
            "sender": {
                "address": "letters@northlake.example",
                "name": "Northlake Software",
                "site": "https://www.northlake.example",
                "privacy_url": "https://www.northlake.example/privacy",
                "postal_address": "Northlake Software Oy, Example Quay 4, 00100 Helsinki, Finland",
            },
            "defaults": {"time_zone": "Europe/Helsinki"},
            "folder": folder,
        }
    )


def clear(folder: Path) -> None:
    """Empty the demo's folder; ComposerError where it holds something that no demo made."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ComposerError("is not empty and was not made by the demo", where=str(folder), do="Name another folder with --folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


@contextmanager
def demo(folder: Path, library: Path, size: int, web_port: int) -> Iterator[DemoRun]:
    """Set up the demo's installation, its inbox and its people, everything imported through files."""
    clear(folder)
    with Inbox(folder / "inbox") as inbox:
        settings = demo_settings(folder, library, inbox.port, web_port)
        make_key(key_file(settings))
        engine = connect(settings.database.url, folder)
        upgrade(engine)
        engine.dispose()
        app = open_app(settings)
        try:
            crowd = make_crowd(size, START, SEED)
            for kind, rows in (
                ("products", products()),
                ("recipients", recipients(crowd)),
                ("consents", consents(crowd)),
                ("orders", orders(history(crowd), "h")),
            ):
                bring_in(app, folder, kind, list(rows), START)
            with writing(app.engine) as db:
                create_campaign(db, CAMPAIGN, START)
            retrain(app, START)
            yield DemoRun(app, folder, Readers(crowd, app.library().library))
        finally:
            app.close()


def play_week(run: DemoRun, tell: Callable[[Week], None]) -> None:
    """One week: approve an edition, deliver each letter at its hour, let people live between, learn."""
    week = Week(len(run.weeks) + 1)
    run.weeks.append(week)
    monday = START + timedelta(weeks=week.number - 1)
    queue_purchases(run, week_of(run.readers.crowd, week.number - 1))
    live_until(run, monday)
    schedule(run.app, str(CAMPAIGN["name"]), monday)
    for moment in _moments(run.app, monday):
        live_until(run, moment)
        asyncio.run(deliver(run.app, lambda moment=moment: moment))  # type: ignore[misc]
        arrive(run, moment)
    sunday = monday + timedelta(days=6)
    live_until(run, sunday)
    retrain(run.app, sunday)
    tell(week)


def _moments(app: App, monday: datetime) -> list[datetime]:
    """The times at which letters of this week's edition are due."""
    with reading(app.engine) as db:
        edition = _newest(app, db)
        due = {row.send_at for page in planned_letters(db, edition.number) for row in page if row.state == OutboxState.planned}
    return sorted(max(at, monday) for at in due if at is not None)


def _newest(app: App, db: Any) -> Edition:
    return editions_of(db, get_campaign(db, str(CAMPAIGN["name"])).number)[-1]


def outcome(run: DemoRun) -> dict[str, Any]:
    """The campaign's report, and beside it what only a simulator can tell: the oracle's share, and the planted against the learnt."""
    return {**report(run.app, str(CAMPAIGN["name"])), "truth": {"weeks": [asdict(week) for week in run.weeks], **asdict(planted(run))}}


def planted(run: DemoRun) -> Comparison:
    """Hold what the installation believes now against what was planted, for people whose clicks may be measured."""
    app, at = run.app, START + timedelta(weeks=len(run.weeks))
    moment = Moment(at, at, "demo")
    library, defaults = run.readers.library, app.settings.defaults
    with reading(app.engine) as db:
        campaign, beliefs = get_campaign(db, str(CAMPAIGN["name"])), app.beliefs(db)
        numbers = [number for page in audience_pages(db, campaign) for number in page]
        audience = load_audience(db, library, campaign, moment, numbers, defaults.language, defaults.time_zone)
    audience = audience.take(np.flatnonzero((audience.level >= Level.premium) & audience.consented))
    rows = np.array([row_of(name) for name in audience.recipient_id], dtype=np.int64)
    return compare(run.readers, audience, rows, moment, beliefs, app.signals)


def a_letter(run: DemoRun) -> Newsletter | None:
    """Of the newest edition, the personal letter with the most to say for itself: the most different reasons."""
    with reading(run.app.engine) as db:
        pages = planned_letters(db, _newest(run.app, db).number)
        letters = [load_newsletter(row.decision) for page in pages for row in page if row.decision and row.arm == Arm.personal]
    return max(letters, key=lambda letter: len({reason for block in letter.blocks for reason in block.reasons}), default=None)
