"""A notice: what a mail or a provider told about one recipient of a letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What came in. `told_as` is its word outside, where `delivered` and `other` are one."""

    bounce = "bounce"
    complaint = "complaint"
    unsubscribe = "unsubscribe"
    auto_reply = "auto_reply"
    reply = "reply"
    delivered = "delivered"
    """A receipt: the recipient's own system took the letter (RFC 3464 actions delivered, relayed, expanded)."""
    other = "other"

    @property
    def told_as(self) -> str:
        return "other" if self is NoticeKind.delivered else self.value


class Severity(StrEnum):
    """How bad a bounce is: nobody has the address; this letter was not taken; it is still being tried."""

    hard = "hard"
    soft = "soft"
    delayed = "delayed"


@dataclass(frozen=True, slots=True)
class Notice:
    """One recipient's share of what came in.

    `letter` is the outbox row that a signed return path, a signed token or a Message-ID of ours proved, None where
    nothing did. `address` is whom it speaks of as written there, `text` the remote system's words without addresses,
    `at` when it happened where a trusted source says so.
    """

    kind: NoticeKind
    address: str = ""
    severity: Severity | None = None
    letter: int | None = None
    message_id: str = ""
    text: str = ""
    at: datetime | None = None
