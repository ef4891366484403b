"""What comes in takes effect: once, for letters of ours only, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from composer.app import App
from composer.domain.notice import NoticeKind, Severity
from composer.pipeline.inbound import take_in
from composer.store.consents import is_suppressed, suppression_version
from composer.store.engine import reading
from composer.store.recipients import address_key
from composer.store.tables import EventRow
from tests.inbound._mails import dsn, head_of, sent
from tests.path.conftest import installation, library  # noqa: F401 - fixtures
from tests.path.rows import NOW

LATER = NOW + timedelta(hours=1)


def events(app: App, *kinds: str) -> list[tuple[str, int, str]]:
    """(kind, recipient, value) in order."""
    table: Any = EventRow.__table__  # type: ignore[attr-defined]
    with reading(app.engine) as db:
        rows = db.execute(select(table.c.kind, table.c.recipient, table.c.value).order_by(table.c.number)).all()
    return [tuple(row) for row in rows if not kinds or row.kind in kinds]


def suppressed(app: App, *addresses: str) -> list[bool]:
    keys = [address_key(app.key, address) for address in addresses]
    with reading(app.engine) as db:
        found = is_suppressed(db, keys)
    return [key in found for key in keys]


def test_a_dead_address_is_suppressed_once(installation: App, tmp_path: Path) -> None:  # noqa: F811
    [first, _] = sent(installation, tmp_path / "out", 2)
    report = dsn(original=head_of(first))
    [notice] = take_in(installation, report, LATER)
    assert (notice.kind, notice.severity, notice.address, notice.letter) == (NoticeKind.bounce, Severity.hard, "r1@example.com", 1)
    assert suppressed(installation, "r1@example.com", "r2@example.com") == [True, False]
    assert events(installation, "bounced") == [("bounced", 1, "hard: 550 5.1.1 User unknown")]
    with reading(installation.engine) as db:
        version = suppression_version(db)
    take_in(installation, report, LATER + timedelta(days=1))
    assert len(events(installation, "bounced")) == 1
    with reading(installation.engine) as db:
        assert suppression_version(db) == version


def test_a_delay_and_a_receipt_suppress_nobody(installation: App, tmp_path: Path) -> None:  # noqa: F811
    [letter] = sent(installation, tmp_path / "out")
    for action, status in (("delayed", "4.4.1"), ("delivered", "2.1.5")):
        take_in(installation, dsn(action=action, status=status, diagnostic="", original=head_of(letter)), LATER)
    assert [kind for kind, _, _ in events(installation, "deferred", "delivered", "bounced")] == ["deferred", "delivered"]
    assert suppressed(installation, "r1@example.com") == [False]


def test_a_stranger_s_report_touches_nothing(installation: App, tmp_path: Path) -> None:  # noqa: F811
    [letter] = sent(installation, tmp_path / "out")
    forged = head_of(letter).replace(b"Message-ID: <", b"Message-ID: <a").replace(b"/u/", b"/u/A")
    for original in (b"", forged, b"Message-ID: <aaaaaaaaaaaaaaaaaaaaaaaaaa@example.com>\r\n"):
        [notice] = take_in(installation, dsn(original=original), LATER)
        assert (notice.severity, notice.letter) == (Severity.hard, None)
    assert not events(installation, "bounced")
    assert suppressed(installation, "r1@example.com") == [False]
