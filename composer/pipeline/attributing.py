"""Attributing: which letter of ours a mail speaks of, by what only that letter can have brought there.

First the signed return path, then a Message-ID of ours in what was returned, then a token of the letter's own links.
An address alone proves nothing: a stranger's report must not silence anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from composer.app import App
from composer.dispatch.mail import Proof, Said, Told
from composer.dispatch.replies import scrub
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.domain.tokens import Key, Purpose, Subject, read_mail_token, read_token
from composer.store.concerned import Concerned, concerned_by_message_id, concerned_by_subject, newest_to
from composer.store.recipients import address_key, normal_address

_NO_REPORT = frozenset({NoticeKind.reply, NoticeKind.unsubscribe, NoticeKind.other})
"""Kinds of mail that unsubscribe when they come to an address that unsubscribes: no program's answer is among them."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """The notices, and whom the mail unsubscribes from which letter's list; None: nobody."""

    notices: list[Notice]
    leaves: Subject | None = None


def attribute(app: App, db: Connection, said: Said) -> Attributed:
    """Tell whom of ours a mail concerns: one notice a recipient it speaks of, at least one."""
    leaving = _leaving(app, db, said)
    if leaving is not None:
        concerned = concerned_by_subject(db, leaving)
        if concerned is None:
            return Attributed([Notice(NoticeKind.unsubscribe, said.sender)], leaving)
        return Attributed([Notice(NoticeKind.unsubscribe, concerned.address, None, concerned.letter, concerned.message_id)], leaving)
    concerned = next(_concerned(app.keys, db, said.proof), None)
    if not said.told:
        letter, message_id = (concerned.letter, concerned.message_id) if concerned else (None, "")
        return Attributed([Notice(said.kind, said.sender, None, letter, message_id)])
    return Attributed([_notice(said, told, whose) for told, whose in _shared(said.told, concerned)])


def _leaving(app: App, db: Connection, said: Said) -> Subject | None:
    """Whom a mail unsubscribes: who holds the token does, whoever sends it; a command elsewhere needs a letter of ours behind it."""
    if said.kind not in _NO_REPORT:
        return None
    for token in said.proof.came_to:
        if subject := read_mail_token(app.keys, Purpose.unsubscribe_mail, token):
            return subject
    if said.kind is not NoticeKind.unsubscribe:
        return None
    concerned = next(_concerned(app.keys, db, said.proof), None)
    if concerned is None and said.authenticated_by and said.authenticated_by == app.settings.inbound.authserv:
        concerned = newest_to(db, address_key(app.key, said.sender))
    return concerned.subject if concerned else None


def _concerned(key: Key, db: Connection, proof: Proof) -> Iterator[Concerned]:
    for subject in _subjects(key, proof):
        if found := concerned_by_subject(db, subject):
            yield found
    for message_id in proof.message_ids:
        if found := concerned_by_message_id(db, message_id):
            yield found


def _subjects(key: Key, proof: Proof) -> Iterator[Subject]:
    for purpose, tokens in ((Purpose.return_path, (*proof.came_to, *proof.plus)), (Purpose.unsubscribe_mail, proof.plus)):
        for token in tokens:
            if subject := read_mail_token(key, purpose, token):
                yield subject
    for link in proof.links:
        if subject := read_token(key, Purpose.unsubscribe_header, link):
            yield subject


def _shared(told: tuple[Told, ...], concerned: Concerned | None) -> list[tuple[Told, Concerned | None]]:
    """Which of a report's recipients the letter went to; the others are strangers to it.

    Mailbox hosts rewrite domains, so an equal name before the @ is enough. Where none is like it the letter was passed
    on, to another mailbox or to the members of a list: one dead mailbox behind an address is not a dead address.
    """
    if concerned is None:
        return [(one, None) for one in told]
    for like in (_spelling, _local_part):
        ours = like(concerned.address)
        if any(like(address) == ours for one in told for address in (one.address, *one.others)):
            return [(one, concerned if any(like(a) == ours for a in (one.address, *one.others)) else None) for one in told]
    return [(_passed_on(one), concerned) for one in told]


def _spelling(address: str) -> str:
    return normal_address(address)


def _local_part(address: str) -> str:
    return normal_address(address).rpartition("@")[0].strip('"')


def _passed_on(told: Told) -> Told:
    if told.severity is not Severity.hard or not told.address:
        return told
    return Told(told.address, Severity.soft, told.status, told.text, told.others)


def _notice(said: Said, told: Told, concerned: Concerned | None) -> Notice:
    kind = NoticeKind.delivered if said.kind is NoticeKind.bounce and told.severity is None else said.kind
    words = told.text if told.status in told.text else f"{told.status} {told.text}".strip()
    return Notice(
        kind,
        told.address or (concerned.address if concerned else ""),
        told.severity,
        concerned.letter if concerned else None,
        concerned.message_id if concerned else "",
        scrub(words, told.address, *told.others, concerned.address if concerned else ""),
    )
