"""Inbound: what mails and providers tell about our letters takes effect, in one transaction, once however often it comes.

Nothing is touched on a stranger's word. A mail concerns a letter only where it holds what nobody else can make: the
signed return path, a Message-ID of ours, or a token of the letter's links.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.dispatch.mail import Proof, Said, read
from composer.dispatch.replies import scrub
from composer.domain.event import OWN_ID
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.domain.tokens import Purpose, Subject, read_mail_token, read_token
from composer.store.concerned import Concerned, concerned_by_letter, concerned_by_message_id, concerned_by_subject
from composer.store.consents import is_suppressed, suppress
from composer.store.engine import writing
from composer.store.outcomes import add_events
from composer.store.tally import count_in


def take_in(app: App, raw: bytes, now: datetime, envelope_to: str = "") -> list[Notice]:
    """Read one mail and apply what it says; return one notice a recipient it speaks of, at least one.

    `envelope_to` is the address it was delivered to, where that is known. The same mail twice changes nothing more.
    """
    said = read(raw, envelope_to)
    with writing(app.engine) as db:
        notices = _notices(app, db, said)
        for notice in notices:
            if notice.letter is not None:
                _apply(app, db, notice, now)
        count_in(db, [notice.kind.value for notice in notices])
    return notices


def apply(app: App, notices: Sequence[Notice], now: datetime) -> int:
    """Apply notices of a trusted source, such as a provider's signed webhook; return how many concerned a letter of ours.

    A notice names its letter, or its Message-ID.
    """
    with writing(app.engine) as db:
        count_in(db, [notice.kind.value for notice in notices])
        return sum(_apply(app, db, notice, now) for notice in notices)


def _notices(app: App, db: Connection, said: Said) -> list[Notice]:
    concerned = _concerned(app, db, said.proof)
    letter = concerned.letter if concerned else None
    message_id = concerned.message_id if concerned else ""
    if not said.told:
        return [Notice(said.kind, said.sender, None, letter, message_id, "")]
    return [
        Notice(
            said.kind if told.severity else NoticeKind.delivered,
            told.address,
            told.severity,
            letter,
            message_id,
            scrub(told.text if told.status in told.text else f"{told.status} {told.text}".strip(), told.address, *told.others),
        )
        for told in said.told
    ]


def _concerned(app: App, db: Connection, proof: Proof) -> Concerned | None:
    """The letter a mail can only speak of if it saw it. The signed return path counts first."""
    for subject in _subjects(app.key, proof):
        if found := concerned_by_subject(db, subject):
            return found
    for message_id in proof.message_ids:
        if found := concerned_by_message_id(db, message_id):
            return found
    return None


def _subjects(key: bytes, proof: Proof) -> list[Subject]:
    named = [read_mail_token(key, Purpose.return_path, token) for token in (*proof.came_to, *proof.plus)]
    named += [read_mail_token(key, Purpose.unsubscribe_mail, token) for token in proof.plus]
    named += [read_token(key, Purpose.unsubscribe_header, token) for token in proof.links]
    return [subject for subject in named if subject is not None]


def _apply(app: App, db: Connection, notice: Notice, now: datetime) -> bool:
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
        case NoticeKind.bounce, _:
            _tell(db, concerned, "bounced", "soft", notice.text, at)
        case NoticeKind.delivered, _:
            _tell(db, concerned, "delivered", "", notice.text, at)
        case NoticeKind.complaint, _:
            _tell(db, concerned, "spam_complaint", "", notice.text, at)
            _suppress(db, concerned, "complaint", now)
    return True


def _tell(db: Connection, concerned: Concerned, kind: str, severity: str, text: str, at: datetime) -> None:
    add_events(
        db,
        [
            {
                "event_id": f"{OWN_ID}{kind}-{concerned.letter}-{severity or 'told'}",
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
