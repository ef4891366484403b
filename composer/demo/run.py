"""The demo's run: import, then week after week plan -> SMTP -> clicks, purchases, opt-outs -> retrain, and the report."""

from __future__ import annotations

import asyncio
import csv
import email
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from composer.app import App, key_file, make_key, open_app
from composer.config import Settings
from composer.demo.inbox import Inbox, received
from composer.demo.people import Crowd, crowd, order, products
from composer.demo.readers import LEAVES, Readers
from composer.domain.message import decoded_part
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Arm
from composer.domain.tokens import Purpose, read_click_token, read_token
from composer.errors import ComposerError
from composer.pipeline.deliver import deliver
from composer.pipeline.ingest import ingest
from composer.pipeline.links import find_link
from composer.pipeline.plan import schedule
from composer.pipeline.preferences import unsubscribe
from composer.pipeline.report import report
from composer.pipeline.retrain import retrain
from composer.pipeline.track import record_click
from composer.store.campaigns import create_campaign, editions_of, get_campaign
from composer.store.decisions import load_newsletter
from composer.store.engine import connect, reading, writing
from composer.store.migrate import upgrade
from composer.store.plans import planned_letters
from composer.store.reports import Shown, shown_since

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


@dataclass
class Week:
    """What happened in one week."""

    number: int
    letters: int = 0
    clicks: int = 0
    purchases: int = 0
    left: int = 0


@dataclass
class DemoRun:
    """One demo: its folder, its people, and the weeks so far."""

    app: App
    folder: Path
    readers: Readers
    draw: np.random.Generator
    weeks: list[Week] = field(default_factory=list)
    last_impression: int = 0
    letters: dict[str, Path] = field(default_factory=dict)
    """Message-ID -> file of every letter that arrived and was looked at."""
    orders: int = 0

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"


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
def demo(folder: Path, library: Path, recipients: int, web_port: int) -> Iterator[DemoRun]:
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
            people = crowd(recipients, START, SEED)
            _import(app, folder, "products", products(), START)
            _import(app, folder, "recipients", people.recipients, START)
            _import(app, folder, "consents", people.consents, START)
            _import(app, folder, "orders", people.orders, START)
            with writing(app.engine) as db:
                create_campaign(db, CAMPAIGN, START)
            retrain(app, START)
            yield DemoRun(
                app, folder, Readers(people, app.library().library, np.random.default_rng(SEED + 1)), np.random.default_rng(SEED + 2)
            )
        finally:
            app.close()


def _import(app: App, folder: Path, kind: str, rows: list[dict[str, str]], now: datetime) -> None:
    if not rows:
        return
    file = folder / f"{kind}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = ingest(app, kind, file, now=now)
    if found.refused.count:
        raise ComposerError(f"{found.refused.count} {kind} were refused", where=str(file), do="Report this as a bug.")


def play_week(run: DemoRun, tell: Callable[[Week], None]) -> None:
    """One week: approve an edition, deliver it day by day, let readers act, learn."""
    week = Week(len(run.weeks) + 1)
    monday = START + timedelta(weeks=week.number - 1)
    schedule(run.app, str(CAMPAIGN["name"]), monday)
    for day in range(5):
        evening = monday + timedelta(days=day, hours=17)
        asyncio.run(deliver(run.app, lambda evening=evening: evening))  # type: ignore[misc]
        with reading(run.app.engine) as db:
            shown = shown_since(db, run.last_impression)
        run.last_impression = max((block.impression for block in shown), default=run.last_impression)
        shown.sort(key=lambda block: (block.recipient_id, block.position))  # letters arrive in any order; the same run plays the same
        _act(run, week, shown, evening + timedelta(hours=2))
    retrain(run.app, monday + timedelta(days=6))
    run.weeks.append(week)
    tell(week)


def _act(run: DemoRun, week: Week, shown: list[Shown], at: datetime) -> None:
    """Readers look at what arrived: some click, some buy, a few leave by the link in the header."""
    crowd, orders = run.readers.crowd, []
    letters = {block.outbox: block for block in shown}
    week.letters += len(letters)
    for block in shown:
        r = run.readers.rows[block.recipient_id]
        if run.readers.click(r, block.module, block.position) and _follow(run, block, at):
            week.clicks += 1
            if run.draw.random() < 0.05:
                orders.append(_order(run, crowd, r, at))
    for block in letters.values():
        r = run.readers.rows[block.recipient_id]
        if run.draw.random() < 0.04:
            orders.append(_order(run, crowd, r, at))
        if run.draw.random() < LEAVES:
            week.left += _leave(run, block.message_id, at)
    _import(run.app, run.folder, "orders", orders, at)
    week.purchases += len(orders)


def _follow(run: DemoRun, block: Shown, at: datetime) -> bool:
    """Follow the block's link in the letter as it arrived, by what the page /c/ does; True where a click was noted.

    Letters to people whose clicks may not be measured have plain links: nobody hears of those clicks.
    """
    text = decoded_part(_letter(run, block.message_id), b"text/plain")
    tokens = [(read_click_token(run.app.key, token), token) for token in re.findall(r"/c/([\w-]{40})", text)]
    token = next((token for named, token in tokens if named and named[1] == block.position), "")
    link = find_link(run.app, token, at)
    return link is not None and record_click(run.app, link, at)


def _letter(run: DemoRun, message_id: str) -> bytes:
    """The letter as it arrived."""
    if message_id not in run.letters:
        for file in received(run.inbox)[len(run.letters) :]:
            named = re.search(rb"^Message-ID: (\S+)", file.read_bytes(), re.MULTILINE)
            run.letters[named[1].decode() if named else file.name] = file
    return run.letters[message_id].read_bytes()


def _order(run: DemoRun, crowd: Crowd, r: int, at: datetime) -> dict[str, str]:
    run.orders += 1
    return order(run.draw, crowd.recipients[r]["recipient_id"], run.orders, crowd.tastes[r], at, "d")


def _leave(run: DemoRun, message_id: str, at: datetime) -> int:
    """Take the one-click link out of the letter that arrived, as a mailbox provider does, and use it."""
    letter = email.message_from_bytes(_letter(run, message_id))
    token = re.sub(r".*/u/([^>]+)>.*", r"\1", str(letter["List-Unsubscribe"]))
    subject = read_token(run.app.key, Purpose.unsubscribe_header, token)
    with writing(run.app.engine) as db:
        return int(subject is not None and unsubscribe(db, subject, at))


def outcome(run: DemoRun) -> dict[str, Any]:
    """The campaign's report."""
    return report(run.app, str(CAMPAIGN["name"]))


def a_letter(run: DemoRun) -> Newsletter | None:
    """Of the newest edition, the personal letter with the most to say for itself: the most different reasons."""
    with reading(run.app.engine) as db:
        campaign = get_campaign(db, str(CAMPAIGN["name"]))
        newest = editions_of(db, campaign.number)[-1]
        pages = planned_letters(db, newest.number)
        letters = [load_newsletter(row.decision) for page in pages for row in page if row.decision and row.arm == Arm.personal]
    return max(letters, key=lambda letter: len({reason for block in letter.blocks for reason in block.reasons}), default=None)
