"""A message: the rendered bytes of a newsletter, and what a transport needs to send them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """`data` is the whole MIME message with CRLF line ends; what is checked is what is sent."""

    message_id: str
    sender: str
    """Envelope MAIL FROM."""
    recipient: str
    """Envelope RCPT TO, domain as A-label."""
    subject: str
    html: str
    text: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw. `check` is its id in docs/checks.md, `blocks` tells whether the letter must not leave."""

    check: str
    blocks: bool
    message: str
