"""Read one mail: what kind it is, and whose fate it tells."""

from __future__ import annotations

import re
from hashlib import blake2b

from composer.dispatch.mail import arf, dsn, odd
from composer.dispatch.mail.automatic import Automatic, automatic
from composer.dispatch.mail.leaving import is_command
from composer.dispatch.mail.proof import proof_of
from composer.dispatch.mail.prose import readable, written_anew
from composer.dispatch.mail.said import Said, Told
from composer.dispatch.mail.structure import Mail, parameter, parse
from composer.dispatch.mail.words import ADDRESS, address_in, decoded_words
from composer.domain.notice import NoticeKind, Severity

LONGEST_TEXT = 20_000
_QUOTED_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|\([^()]*\)')
_SERVER = re.compile(r"\s*([\w.-]{1,253})(?:\s+\d{1,4})?\s*")
_VERDICT = re.compile(r"\s*dmarc\s?=\s?(\w{1,20})(?:\s|$)", re.IGNORECASE)
_VERDICT_OF = re.compile(r"(?<!\S)header\.from\s?=\s?([\w.-]{1,253})(?!\S)", re.IGNORECASE)
_BY_PROGRAM = {
    Automatic.reply: NoticeKind.auto_reply,
    Automatic.challenge: NoticeKind.auto_reply,
    Automatic.receipt: NoticeKind.auto_reply,
    Automatic.generated: NoticeKind.other,
    Automatic.mass: NoticeKind.other,
}


def read(raw: bytes, envelope_to: str = "") -> Said:
    """Return what the mail says. Never fails; `envelope_to` is the address it was delivered to, where that is known."""
    mail = parse(raw)
    words = readable(mail)
    kind, told, about = _understood(mail, words)
    return Said(
        kind,
        told,
        proof_of(raw, mail, envelope_to),
        sender=address_in(mail.head.get("from")),
        subject=decoded_words(mail.head.get("subject")),
        text=words[:LONGEST_TEXT],
        mail_id=_mail_id(raw, mail, words),
        about=about,
        authenticated_by=_authenticated_by(mail),
        cut=mail.cut,
    )


def _understood(mail: Mail, words: str) -> tuple[NoticeKind, tuple[Told, ...], str]:
    """Kind, recipients, and a word about it. Reports come first, then what programs write, then people."""
    if found := arf.complaint(mail):
        return found
    part = dsn.status_of(mail)
    if part and (_is_report(mail) or odd.is_from_a_system(mail)) and (told := dsn.told_by(part, words)):
        return _kind_of(told), told, ""
    if told := odd.told_by(mail, words):
        return NoticeKind.bounce, told, "odd"
    program = automatic(mail, words)
    if program is not Automatic.nobody:
        return _BY_PROGRAM[program], (), program.value
    if is_command(decoded_words(mail.head.get("subject")), written_anew(words)):
        return NoticeKind.unsubscribe, (), "command"
    return (NoticeKind.reply if address_in(mail.head.get("from")) else NoticeKind.other), (), ""


def _is_report(mail: Mail) -> bool:
    """A report as a whole mail, and not a person's mail with one attached."""
    return mail.kind == "multipart/report" and parameter(mail.head.get("content-type"), "report-type").lower() in ("delivery-status", "")


def _kind_of(told: tuple[Told, ...]) -> NoticeKind:
    return NoticeKind.bounce if any(isinstance(one.severity, Severity) for one in told) else NoticeKind.delivered


def _mail_id(raw: bytes, mail: Mail, words: str) -> str:
    """Message-ID, sender and words (some programs use an id twice), or where there is no id the bytes themselves."""
    named = mail.head.get("message-id").strip()
    said = " ".join(words.split())
    data = f"{named}\0{address_in(mail.head.get('from'))}\0{said}".encode("utf-8", "replace") if named else raw
    return blake2b(data, digest_size=16).hexdigest()


def _authenticated_by(mail: Mail) -> str:
    """Who says that the sender's domain is true. Only the topmost field counts: our own server puts its own on top (RFC 8601).

    A sender chooses words that our server repeats there: its name, its return path. So only what stands where a result begins is one.
    """
    field = mail.head.get("authentication-results")
    for _ in range(3):  # comments may hold comments
        field = _QUOTED_OR_COMMENT.sub(" ", field)
    if any(mark in field for mark in '"()'):
        return ""
    server, *results = field.split(";")
    verdicts = [(found[1].lower(), result) for result in results if (found := _VERDICT.match(result))]
    name, written = _SERVER.fullmatch(server), " ".join(mail.head.all("from"))
    # A name may look like another's address: with two of them nobody can tell which one was judged.
    if name is None or len({one.lower() for one in ADDRESS.findall(written)}) != 1 or [word for word, _ in verdicts] != ["pass"]:
        return ""
    domain = address_in(written).rpartition("@")[2].lower()
    judged = [found.lower().rstrip(".") for found in _VERDICT_OF.findall(verdicts[0][1])]
    return name[1].lower() if judged == [domain] else ""
