"""Read one mail: what kind it is, and whose fate it tells."""

from __future__ import annotations

from composer.dispatch.mail import dsn
from composer.dispatch.mail.proof import proof_of
from composer.dispatch.mail.said import Said, Told
from composer.dispatch.mail.structure import Mail, parse
from composer.dispatch.mail.words import address_in, decoded_words
from composer.domain.notice import NoticeKind

LONGEST_TEXT = 20_000


def read(raw: bytes, envelope_to: str = "") -> Said:
    """Return what the mail says. Never fails; `envelope_to` is the address it was delivered to, where that is known."""
    mail = parse(raw)
    words = "\n".join(leaf.text for leaf in mail.leaves if leaf.kind == "text/plain")[:LONGEST_TEXT]
    kind, told = _understood(mail, words)
    return Said(
        kind,
        told,
        proof_of(raw, mail, envelope_to),
        sender=address_in(mail.head.get("from")),
        subject=decoded_words(mail.head.get("subject")),
        text=words,
        message_id=mail.head.get("message-id"),
        cut=mail.cut,
    )


def _understood(mail: Mail, words: str) -> tuple[NoticeKind, tuple[Told, ...]]:
    if (part := dsn.status_of(mail)) and (told := dsn.told_by(part, words)):
        failed = any(one.severity for one in told)
        return (NoticeKind.bounce if failed else NoticeKind.delivered), told
    return NoticeKind.other, ()
