"""Inbound: what mails and providers tell about our letters takes effect, in one transaction, once however often it comes.

Nothing is touched on a stranger's word. A mail concerns a letter only where it holds what nobody else can make: the
signed return path, a Message-ID of ours, or a token of the letter's links (pipeline.attributing).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.dispatch.mail import Said, read
from composer.domain.event import OWN_ID, SOFT_BOUNCE
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.pipeline.attributing import attribute
from composer.pipeline.giving_up import give_up
from composer.pipeline.guarding import guard
from composer.pipeline.preferences import unsubscribe, withdraw
from composer.store.concerned import Concerned, concerned_by_letter, concerned_by_message_id
from composer.store.consents import is_suppressed, suppress
from composer.store.engine import reading, writing
from composer.store.mails import keep
from composer.store.outcomes import add_events
from composer.store.tally import count_in

KEPT = frozenset({NoticeKind.reply, NoticeKind.other, NoticeKind.unsubscribe})
"""Kinds that a person should read; of unsubscribe mails those that could not be carried out."""


def take_in(app: App, raw: bytes, now: datetime, envelope_to: str = "") -> list[Notice]:
    """Read one mail and apply what it says; return one notice a recipient it speaks of, at least one.

    `envelope_to` is the address it was delivered to, where that is known. The same mail twice changes nothing more.
    What a person wrote is kept for a person to read.
    """
    said = read(raw, envelope_to)
    with writing(app.engine) as db:
        found = attribute(app, db, said)
        _apply_all(app, db, [notice for notice in found.notices if notice.letter is not None], now)
        if found.leaves is not None:
            unsubscribe(db, found.leaves, now)
        elif said.kind in KEPT:
            _keep(app, db, said, now)
        count_in(db, [notice.kind.value for notice in found.notices])
    return found.notices


def understand(app: App, raw: bytes, envelope_to: str = "") -> list[Notice]:
    """Return the notices that `take_in` would apply, and change nothing."""
    with reading(app.engine) as db:
        return attribute(app, db, read(raw, envelope_to)).notices


def apply(app: App, notices: Sequence[Notice], now: datetime) -> int:
    """Apply notices of a trusted source, such as a provider's signed webhook; return how many concerned a letter of ours.

    A notice names its letter, or its Message-ID.
    """
    with writing(app.engine) as db:
        count_in(db, [notice.kind.value for notice in notices])
        return _apply_all(app, db, notices, now)


def _apply_all(app: App, db: Connection, notices: Sequence[Notice], now: datetime) -> int:
    """Apply each, then let the guards look once at every campaign in which something bad was told; return how many were ours."""
    campaigns: set[int] = set()
    ours = sum(_apply(app, db, notice, now, campaigns) for notice in notices)
    for number in sorted(campaigns):
        guard(db, number)
    return ours


def _apply(app: App, db: Connection, notice: Notice, now: datetime, campaigns: set[int]) -> bool:
    """Apply one; add its campaign to `campaigns` where a guard counts what it tells."""
    if notice.letter is not None:
        concerned = concerned_by_letter(db, notice.letter)
    else:
        concerned = concerned_by_message_id(db, notice.message_id) if notice.message_id else None
    if concerned is None:
        return False
    at = min(notice.at or now, now)
    match notice.kind, notice.severity:
        case NoticeKind.bounce, Severity.delayed:
            _tell(db, concerned, "deferred", "delayed", notice.text, at)
        case NoticeKind.bounce, Severity.hard:
            _tell(db, concerned, "bounced", "hard", notice.text, at)
            _suppress(db, concerned, "bounce", now)
            campaigns.add(concerned.campaign)
        case NoticeKind.bounce, _:
            _tell(db, concerned, "bounced", SOFT_BOUNCE, notice.text, at)
            give_up(db, [concerned.recipient], app.settings.inbound.soft, now)
        case NoticeKind.delivered, _:
            _tell(db, concerned, "delivered", "", notice.text, at)
        case NoticeKind.complaint, _:
            _tell(db, concerned, "spam_complaint", "", notice.text, at)
            withdraw(db, concerned.subject, "complaint", now)
            _suppress(db, concerned, "complaint", now)
            campaigns.add(concerned.campaign)
        case NoticeKind.unsubscribe, _:
            unsubscribe(db, concerned.subject, now)
    return True


def _tell(db: Connection, concerned: Concerned, kind: str, severity: str, text: str, at: datetime) -> None:
    """Add the event once a letter. A bounce that the SMTP dialogue has told already is not told again by a report."""
    if kind == "bounced" and concerned.bounced and (severity == SOFT_BOUNCE or concerned.bounced_hard):
        return
    add_events(
        db,
        [
            {
                "event_id": f"{OWN_ID}{kind}-{concerned.letter}{f'-{severity}' if severity else ''}-told",
                "recipient": concerned.recipient,
                "kind": kind,
                "occurred_at": at,
                "product": None,
                "module": "",
                "value": f"{severity}: {text}".strip(": "),
                "outbox": concerned.letter,
            }
        ],
    )


def _suppress(db: Connection, concerned: Concerned, reason: str, now: datetime) -> None:
    if concerned.address_key not in is_suppressed(db, [concerned.address_key]):
        suppress(db, concerned.address_key, reason, now)


def _keep(app: App, db: Connection, said: Said, now: datetime) -> None:
    keep(db, app.key, mail_id=said.mail_id, kind=said.kind.value, received_at=now, sender=said.sender, subject=said.subject, text=said.text)
