"""The demo's life: letters arrive, and what people and machines do with them happens at its hour, through the doors everybody uses."""

from __future__ import annotations

import csv
import email
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import numpy as np

from composer.app import App
from composer.demo.inbox import received
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.message import decoded_part
from composer.domain.newsletter import Newsletter
from composer.domain.observed import Ask, Look
from composer.domain.reasons import Arm
from composer.domain.tokens import Purpose, read_click_token, read_token
from composer.errors import ComposerError
from composer.pipeline.ingest import ingest
from composer.pipeline.links import Link, find_link
from composer.pipeline.observing import observe
from composer.pipeline.preferences import unsubscribe
from composer.pipeline.track import record_events
from composer.simulate.oracle import oracle
from composer.simulate.purchases import Purchases
from composer.simulate.readers import Letters, Reactions, Readers
from composer.simulate.rows import Row, orders, row_of
from composer.store.decisions import load_newsletter
from composer.store.engine import reading, writing
from composer.store.reports import ShownLetter, shown_since


@dataclass
class Week:
    """What happened in one week: letters accepted, clicks that were noted of people and of gateways, pictures that were loaded,
    purchases, and people who left. Of the personal letters to people whose clicks may be measured, expected clicks by the
    planted truth: of what was `sent`, and of the best letters there could have been, the `oracle`'s.
    """

    number: int
    letters: int = 0
    clicks: int = 0
    by_machine: int = 0
    opens: int = 0
    purchases: int = 0
    left: int = 0
    sent: float = 0.0
    oracle: float = 0.0


@dataclass
class DemoRun:
    """One demo: its folder, its people, the weeks so far, and what will happen: (second, turn, what, arguments), earliest first."""

    app: App
    folder: Path
    readers: Readers
    weeks: list[Week] = field(default_factory=list)
    last_impression: int = 0
    letters: dict[str, Path] = field(default_factory=dict)
    """Message-ID -> file of every letter that arrived and was looked at."""
    coming: list[tuple[int, int, str, tuple[Any, ...]]] = field(default_factory=list)
    turn: int = 0
    orders: int = 0

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def expect(self, second: int, what: str, *about: Any) -> None:
        """Let something happen later; at the same second in the order in which it was expected."""
        self.turn += 1
        heappush(self.coming, (second, self.turn, what, about))


def bring_in(app: App, folder: Path, kind: str, rows: list[Row], now: datetime) -> None:
    """Import rows through a file, as a company does."""
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


def queue_purchases(run: DemoRun, purchases: Purchases) -> None:
    """Let purchases happen at their time."""
    for row in orders(purchases, "d", run.orders):
        run.expect(int(datetime.fromisoformat(row["ordered_at"]).timestamp()), "order", row)
    run.orders += len(purchases)


def arrive(run: DemoRun, at: datetime) -> None:
    """Hand out what was accepted since the last time: everybody's reactions will happen at their time."""
    with reading(run.app.engine) as db:
        shown, run.last_impression = shown_since(db, run.last_impression)
    if not shown:
        return
    newsletters = [load_newsletter(one.decision) for one in shown]
    letters = _arrived(run.readers.library, shown, newsletters, int(at.timestamp()))
    week = run.weeks[-1]
    week.letters += len(shown)
    judged = np.array([one.arm == Arm.personal and one.level == Level.premium for one in newsletters], dtype=bool)
    layout = run.readers.library.layouts[newsletters[0].layout]
    allowed = np.array([[name in one.log.eligible for name in run.readers.library.names] if one.log else [] for one in newsletters])
    week.sent += float(run.readers.expected(letters)[judged].sum())
    week.oracle += float(oracle(run.readers, letters, allowed, run.readers.library, layout)[judged].sum())
    _expect(run, shown, run.readers.react(letters))


def _arrived(library: Library, shown: list[ShownLetter], newsletters: list[Newsletter], second: int) -> Letters:
    width = max(len(one.blocks) for one in newsletters)
    modules, tones = (np.full((len(shown), width), blank, dtype=np.int64) for blank in (-1, 0))
    for row, one in enumerate(newsletters):
        for place, block in enumerate(one.blocks):
            modules[row, place], tones[row, place] = library.index[block.module], library.tones.index(block.variant)
    readers = np.array([row_of(one.recipient_id) for one in shown], dtype=np.int64)
    return Letters(readers, np.full(len(shown), second, dtype=np.int64), modules, tones)


def _expect(run: DemoRun, shown: list[ShownLetter], found: Reactions) -> None:
    for what, acts in (("click", found.clicks), ("open", found.opens), ("leave", found.leaves)):
        columns = (acts.second, acts.letter, acts.position, acts.machine)
        for second, letter, position, machine in zip(*(column.tolist() for column in columns), strict=True):
            run.expect(second, what, shown[letter], position, machine)
    queue_purchases(run, found.orders)


def live_until(run: DemoRun, end: datetime) -> None:
    """Let everything happen that is due before `end`, in order of time."""
    week, bought, opened = run.weeks[-1], list[Row](), list[dict[str, Any]]()
    while run.coming and run.coming[0][0] < int(end.timestamp()):
        second, _, what, about = heappop(run.coming)
        at = datetime.fromtimestamp(second, UTC)
        if what == "order":
            bought.append(about[0])
        elif what == "open":
            opened.append(_open(about[0], at))
        elif what == "leave":
            week.left += _leave(run, about[0].message_id, at)
        elif link := _link(run, about[0], about[1], at):
            noted = observe(run.app, [Look(link.subject, Ask.clicked, link.position, at, (), link.module)])
            week.by_machine += about[2]
            week.clicks += noted and not about[2]
    bring_in(run.app, run.folder, "orders", bought, end)
    week.purchases += len(bought)
    week.opens += record_events(run.app, opened) if opened else 0


def _open(letter: ShownLetter, at: datetime) -> dict[str, Any]:
    opened = {"event_id": f"demo-open-{letter.message_id}", "kind": "opened", "occurred_at": at}
    return {**opened, "recipient_id": letter.recipient_id, "outbox": letter.outbox}


def _link(run: DemoRun, letter: ShownLetter, position: int, at: datetime) -> Link | None:
    """The block's link in the letter as it arrived, found by what the page /c/ does.

    Letters to people whose clicks may not be measured have plain links: nobody hears of those clicks.
    """
    text = decoded_part(_letter(run, letter.message_id), b"text/plain")
    tokens = [(read_click_token(run.app.keys, token), token) for token in re.findall(r"/c/([\w-]{40})", text)]
    token = next((token for named, token in tokens if named and named[1] == position), "")
    return find_link(run.app, token, at)


def _letter(run: DemoRun, message_id: str) -> bytes:
    """The letter as it arrived."""
    if message_id not in run.letters:
        for file in received(run.inbox)[len(run.letters) :]:
            named = re.search(rb"^Message-ID: (\S+)", file.read_bytes(), re.MULTILINE)
            run.letters[named[1].decode() if named else file.name] = file
    return run.letters[message_id].read_bytes()


def _leave(run: DemoRun, message_id: str, at: datetime) -> int:
    """Take the one-click link out of the letter that arrived, as a mailbox provider does, and use it."""
    letter = email.message_from_bytes(_letter(run, message_id))
    token = re.sub(r".*/u/([^>]+)>.*", r"\1", str(letter["List-Unsubscribe"]))
    subject = read_token(run.app.keys, Purpose.unsubscribe_header, token)
    with writing(run.app.engine) as db:
        return int(subject is not None and unsubscribe(db, subject, at))
