"""Complaints: reports of abuse (RFC 5965), and the older form that only attaches the letter with its recipient in a field."""

from __future__ import annotations

import re

from composer.dispatch.mail.dsn import address_of
from composer.dispatch.mail.said import Told
from composer.dispatch.mail.structure import Leaf, Mail, fields, split
from composer.dispatch.mail.words import address_in
from composer.domain.notice import NoticeKind

KIND = "message/feedback-report"
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers")
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc", "virus"})
"""A letter found good after all (RFC 6430), signatures that failed (RFC 6591), a scanner's find: no person complained."""
_LEAVE = frozenset({"opt-out", "opt-out-list", "unsubscribe"})
_OLD_RECIPIENT = "x-hmxmroriginalrecipient"


def complaint(mail: Mail) -> tuple[NoticeKind, tuple[Told, ...], str] | None:
    """Return the kind, the recipients and the feedback type; None where the mail is no such report. Addresses may be redacted."""
    part = mail.first(KIND)
    returned = mail.first(*_RETURNED)
    if part is None or mail.kind != "multipart/report":
        old = split(returned.content)[0].get(_OLD_RECIPIENT) if returned else ""
        return (NoticeKind.complaint, (Told(address_of(old)),), "abuse") if old else None
    report = fields(part.content)
    what = re.sub(r"[^a-z-].*", "", report.get("feedback-type").strip().lower()) or "abuse"
    told = tuple(Told(address) for address in _addresses(part, returned))
    if what in _NO_COMPLAINT:
        return NoticeKind.other, (), what
    return (NoticeKind.unsubscribe if what in _LEAVE else NoticeKind.complaint), told or (Told(""),), what


def _addresses(part: Leaf, returned: Leaf | None) -> list[str]:
    """Original-Rcpt-To, as often as it stands there; else whom the returned letter names."""
    report = fields(part.content)
    named = [address_of(value) for value in (*report.all("original-rcpt-to"), *report.all("removal-recipient"))[:20]]
    if not any(named) and returned is not None:
        head = split(returned.content)[0]
        named = [address_of(head.get(_OLD_RECIPIENT)) or address_in(head.get("to"))]
    return list(dict.fromkeys(address for address in named if address))
