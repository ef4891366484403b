"""Addresses that look dangerous and are none: each gets its own letter, exactly, and nobody else gets one."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.utils import getaddresses
from pathlib import Path

from composer.app import App
from composer.pipeline.deliver import deliver
from composer.pipeline.ingest import ingest
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign
from composer.store.engine import writing
from tests.path.conftest import at, towards
from tests.path.rows import NOW, states
from tests.transports.faults import FaultServer

GOOD = {
    "-oQ/tmp@example.com": "-oQ/tmp@example.com",
    "--config@example.com": "--config@example.com",
    "o'hara@example.com": "o'hara@example.com",
    "!#$%&'*+-/=?^_`{|}~@example.com": "!#$%&'*+-/=?^_`{|}~@example.com",
    "=?utf-8?q?a?=@example.com": "=?utf-8?q?a?=@example.com",
    "{{first_name}}@example.com": "{{first_name}}@example.com",
    "ann@mu\u0308nchen.example": "ann@xn--mnchen-3ya.example",
    "%s%n%x@example.com": "%s%n%x@example.com",
    "NOTIFY=NEVER@example.com": "NOTIFY=NEVER@example.com",
    "a" * 64 + "@" + ".".join(["d" * 63, "d" * 63, "e" * 53, "example"]): "a" * 64
    + "@"
    + ".".join(["d" * 63, "d" * 63, "e" * 53, "example"]),
}
BAD = ["ann@example.com\r\nRCPT TO:<eve@example.com>", "ann@example.com> NOTIFY=NEVER", '"ann"@example.com', "ann\u202e@example.com"]


def imported(app: App, folder: Path) -> None:
    people = [{"recipient_id": f"r{n}", "email": text, "language": "en"} for n, text in enumerate([*GOOD, *BAD])]
    consents = [{"recipient_id": person["recipient_id"], "purpose": "letters", "state": "granted"} for person in people]
    for kind, rows, refused in (("recipients", people, len(BAD)), ("consents", consents, len(BAD))):
        file = folder / f"{kind}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        assert ingest(app, kind, file, None, now=NOW).refused.count == refused


async def test_each_gets_its_own_letter_and_nobody_else_one(installation: App, tmp_path: Path) -> None:
    imported(installation, tmp_path)
    with writing(installation.engine) as db:
        create_campaign(db, {"name": "weekly", "window": "now", "holdout": "none"}, NOW)
    schedule(installation, "weekly", NOW)
    async with FaultServer() as server:
        await deliver(towards(installation, server.port), at())
    assert states(installation) == {"accepted": len(GOOD)}
    assert sorted(letter.recipient for letter in server.taken) == sorted(GOOD.values())
    for letter in server.taken:
        head = message_from_bytes(letter.data)
        assert [address for _, address in getaddresses([head["To"]])] == [letter.recipient]
        assert head["Cc"] is None
        assert head["Bcc"] is None
