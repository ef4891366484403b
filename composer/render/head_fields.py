"""The head of a message: which fields a letter carries, in which order, and what they say."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from composer.render import headers
from composer.render.envelope import Envelope


def head_fields(subject: str, address: str, envelope: Envelope) -> bytes:
    """Return the fields of one letter, each with its CRLF; MIME-Version and Content-Type follow with the body."""
    sender, sending = _of_campaign(
        envelope.sender_name, envelope.sender_address, envelope.reply_to, envelope.list_name, envelope.list_id, envelope.feedback_id
    )
    fields = (
        sender,
        headers.mailbox("To", "", address),
        headers.unstructured("Subject", subject),
        _date(envelope.date),
        headers.raw("Message-ID", envelope.message_id),
        _list_unsubscribe(envelope),
        sending,
    )
    return "\r\n".join((*fields, "")).encode("ascii")


def _list_unsubscribe(envelope: Envelope) -> str:
    """RFC 8058 section 3.1: one HTTPS URI, in the clear on one line. A mail address comes second, on a line of its own (RFC 2369, 6068)."""
    first = headers.raw("List-Unsubscribe", f"<{headers.token('List-Unsubscribe', envelope.unsubscribe_header_url)}>")
    if not envelope.unsubscribe_mailto:
        return first
    return f"{first},\r\n <{headers.token('List-Unsubscribe', mailto(envelope.unsubscribe_mailto))}>"


def mailto(address: str) -> str:
    """The URI of a mail that unsubscribes: the address says it all, the subject is for people who see it leave."""
    return f"mailto:{address}?subject=unsubscribe"


@lru_cache(256)
def _of_campaign(name: str, address: str, reply_to: str, list_name: str, list_id: str, feedback_id: str) -> tuple[str, str]:
    """From with Reply-To, and the fields that say what kind of mail this is: the same in every letter of a campaign."""
    sender = [headers.mailbox("From", name, address)]
    if reply_to:
        sender.append(headers.mailbox("Reply-To", "", reply_to))
    sending = [
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",  # RFC 8058 section 3.1: exactly so
        headers.mailbox("List-Id", list_name, list_id),
        # RFC 3834 section 5: made by a program at the reader's hour, no person's direct act, and no answer to another
        # message. So holiday notes and ticket systems (section 2) leave it unanswered; people's answers are untouched.
        "Auto-Submitted: auto-generated",
    ]
    if feedback_id:
        sending.append(headers.raw("Feedback-ID", feedback_id))
    return "\r\n".join(sender), "\r\n".join(sending)


@lru_cache(4096)
def _date(moment: datetime) -> str:
    """Letters of one hour share their date."""
    return headers.raw("Date", format_datetime(moment))
