"""A real installation for fault tests: made in a moment, run as a real process, judged by its own rows and the server's log."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import col
from typer.testing import CliRunner, Result

from composer.app import App, key_file, make_key, open_app
from composer.cli import build
from composer.config import load
from composer.domain.consent import ConsentRow, State
from composer.domain.tokens import Purpose, Subject, make_token
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign
from composer.store.consents import append
from composer.store.engine import connect, reading, writing
from composer.store.migrate import upgrade
from composer.store.recipients import address_key, draw_key
from composer.store.tables import CampaignRow, EditionRow, OutboxRow, RecipientRow
from tests.faults.server import Taken
from tests.kept import FOLDER

REPOSITORY = Path(__file__).parents[2]
OUTBOX: Any = OutboxRow.__table__  # type: ignore[attr-defined]
PEOPLE: Any = RecipientRow.__table__  # type: ignore[attr-defined]
WAITING = ("planned", "try_later", "sending")


@dataclass
class Installation:
    """A folder with config.toml; `run` and `start` are `python -m composer --config ...`."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    """Settings that change between runs, such as COMPOSER_SMTP__PORT."""

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def start(self, *words: str, before: Sequence[str] = (), log: Path | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start a command; `before` is put in front of it (faketime, strace). Standard output is piped, errors go to `log`."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSER_")}
        with (log or self.folder / "errors.log").open("a") as errors:
            return subprocess.Popen(
                [*before, sys.executable, "-m", "composer", "--config", str(self.config), *words],
                env={**environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **self.environ},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                **options,
            )

    def run(self, *words: str, before: Sequence[str] = (), seconds: float = 120, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        log = self.folder / f"run-{time.monotonic_ns()}.log"
        process = self.start(*words, before=before, log=log, **options)
        try:
            out, _ = process.communicate(timeout=seconds)
        finally:
            process.kill()
            process.wait()
        return subprocess.CompletedProcess(process.args, process.returncode, out, log.read_text())

    def here(self, *words: str) -> Result:
        """Run a command in this process, which saves its start: for those that only look."""
        return CliRunner(env=self.environ).invoke(build(), ["--config", str(self.config), *words])

    def open(self) -> App:
        """Open it in this process; close it afterwards."""
        return open_app(load(self.config, {}))

    def outbox(self) -> list[Mapping[str, Any]]:
        """Every outbox row with its recipient's address and number, in order of planning."""
        engine = connect(load(self.config, {}).database.url, self.folder)
        query = (
            select(*OUTBOX.c, PEOPLE.c.address, PEOPLE.c.recipient_id)
            .join(PEOPLE, PEOPLE.c.number == OUTBOX.c.recipient)
            .order_by(OUTBOX.c.number)
        )
        try:
            with reading(engine) as db:
                return [row._mapping for row in db.execute(query)]
        finally:
            engine.dispose()

    def states(self) -> dict[str, int]:
        return dict(Counter(row["state"] for row in self.outbox()))

    def waiting(self) -> list[Mapping[str, Any]]:
        """Letters that are still to be tried, or held by somebody."""
        return [row for row in self.outbox() if row["state"] in WAITING or (row["state"] == "unknown" and row["due_at"] is not None)]

    def finish(self, seconds: float = 400) -> None:
        """Let `composer worker` send until nothing waits any more, then stop it: what runs at every operator's. No repair by hand."""
        if not self.waiting():
            return
        log = self.folder / "worker.log"
        self.environ["COMPOSER_CLOCK__SEND"] = "0.2s"
        process, ends = self.start("worker", log=log), time.monotonic() + seconds
        try:
            while waiting := self.waiting():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < ends, f"after {seconds} seconds there is still something waiting: {self.states()}"
                # A lease ends by the database's clock, in seconds; what is due later is due in seconds too.
                first = min(row["lease_until"] if row["state"] == "sending" else row["due_at"] for row in waiting)
                time.sleep(min(5.0, max(0.1, (first - datetime.now(UTC)).total_seconds())))
            process.terminate()
            assert process.wait(20) == 0, log.read_text()
        finally:
            process.kill()
            process.communicate()


def install(
    folder: Path,
    addresses: Sequence[str],
    url: str = "sqlite:///composer.db",
    *,
    template: Path | None = None,
    campaign: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    **sections: Mapping[str, Any],
) -> Installation:
    """Make an installation with people r1, r2 ... at `addresses`, every consent given, and the campaign `weekly` approved and due.

    `template` is a migrated SQLite file to copy; `sections` are settings beside those that make tests quick.
    """
    settings: dict[str, dict[str, Any]] = {
        "database": {"url": url},
        "library": {"modules": f"{REPOSITORY}/modules", "templates": f"{REPOSITORY}/templates", "cache": str(FOLDER)},
        "smtp": {"host": "127.0.0.1", "port": 1, "start_tls": "off", "connections": 10, "timeout": "5s", "dot_timeout": "5s"},
        "delivery": {"lease": "2s", "retry": "1s,1s,1s,1s,1s"},
        "web": {"port": 0, "rate_limit": "off"},
    }
    for name, section in sections.items():
        settings.setdefault(name, {}).update(section)
    made = Installation(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made.config.write_text("".join(f"[{name}]\n{_lines(section)}\n" for name, section in settings.items()), encoding="utf-8")
    if template:
        shutil.copy(template, folder / "composer.db")
    else:
        engine = connect(url, folder)
        upgrade(engine)
        engine.dispose()
    make_key(key_file(load(made.config, {})))
    app = made.open()
    now = at or datetime.now(UTC) - timedelta(seconds=1)
    try:
        add_people(app, addresses, now)
        if addresses:
            with writing(app.engine) as db:
                create_campaign(db, {"name": "weekly", "window": "now", "holdout": "none", **(campaign or {})}, now)
            schedule(app, "weekly", now)
    finally:
        app.close()
    return made


def _lines(section: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in section.items())


def add_people(app: App, addresses: Sequence[str], now: datetime) -> None:
    """Insert r1, r2 ... with every consent."""
    rows = [
        {
            "recipient_id": f"r{place}",
            "address": address,
            "address_key": address_key(app.key, address),
            "draw_key": draw_key(f"r{place}"),
            "language": "en",
            "time_zone": "UTC",
            "first_name": "Aino",
        }
        for place, address in enumerate(addresses, 1)
    ]
    if not rows:
        return
    with writing(app.engine) as db:
        db.execute(insert(RecipientRow), rows)
        numbers = db.execute(select(PEOPLE.c.number)).scalars().all()
        granted = [ConsentRow(purpose, State.granted, "import", now - timedelta(days=9)) for purpose in ("letters", "profiling", "clicks")]
        append(db, [(number, row) for number in numbers for row in granted], now)


def addresses(count: int, domain: str = "example.com") -> list[str]:
    return [f"r{place}@{domain}" for place in range(1, count + 1)]


def unsubscribe_paths(app: App) -> dict[str, str]:
    """Address -> path of the one-click link in the recipient's letter."""
    with reading(app.engine) as db:
        rows = db.execute(
            select(PEOPLE.c.address, OUTBOX.c.recipient, col(EditionRow.campaign), col(EditionRow.scheduled))
            .select_from(OUTBOX)
            .join(PEOPLE, PEOPLE.c.number == OUTBOX.c.recipient)
            .join(EditionRow, col(EditionRow.number) == OUTBOX.c.edition)
            .join(CampaignRow, col(CampaignRow.number) == col(EditionRow.campaign))
        ).all()
    return {
        address: "/u/" + make_token(app.key, Purpose.unsubscribe_header, Subject(number, campaign, scheduled))
        for address, number, campaign, scheduled in rows
    }


@dataclass(frozen=True)
class Judged:
    """What became of a campaign, by the outbox and by what the server took."""

    planned: int
    states: dict[str, int]
    lost: tuple[str, ...]
    """Planned, not at the server, and not told as refused, skipped, expired or unknown with its reason."""
    untrue: tuple[str, ...]
    """Told as accepted, and the server never took it."""
    copies: int
    """Letters beyond the first of each recipient."""
    differing: tuple[str, ...]
    """Recipients whose copies differ in bytes or Message-ID, or whose Message-ID is not the planned one."""
    uncounted: str
    """What `composer check` says about counts that do not add up; "" where they do."""

    @property
    def sound(self) -> bool:
        return not (self.lost or self.untrue or self.differing or self.uncounted)


def judge(installation: Installation, taken: Sequence[Taken]) -> Judged:
    """Hold the outbox against what the server took, and let `composer check` add up."""
    rows = installation.outbox()
    by_recipient: dict[str, list[Taken]] = {}
    for letter in taken:
        by_recipient.setdefault(letter.recipient, []).append(letter)
    told = {
        row["address"]
        for row in rows
        if row["reason"] and (row["state"] in ("refused", "skipped", "expired") or (row["state"] == "unknown" and row["due_at"] is None))
    }
    checked = installation.here("check", "--json")
    wrong = [line for line in json.loads(checked.stdout or '{"checks": []}')["checks"] if not line["ok"]]
    return Judged(
        len(rows),
        dict(Counter(row["state"] for row in rows)),
        tuple(sorted({row["address"] for row in rows} - by_recipient.keys() - told)),
        tuple(sorted(row["address"] for row in rows if row["state"] == "accepted" and row["address"] not in by_recipient)),
        sum(len(letters) - 1 for letters in by_recipient.values()),
        tuple(
            sorted(
                row["address"]
                for row in rows
                if len({letter.digest for letter in by_recipient.get(row["address"], ())}) > 1
                or any(letter.message_id != row["message_id"] for letter in by_recipient.get(row["address"], ()))
            )
        ),
        "" if checked.exit_code == 0 and not wrong else f"exit {checked.exit_code}: {wrong} {checked.exception}",
    )


def read_log(log: Path) -> list[Taken]:
    """The letters of a server's log."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [Taken(**line) for line in lines if "digest" in line]
