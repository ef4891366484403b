"""What became of one attempt to hand a message to a transport."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OutboxState(StrEnum):
    """Life of an outbox row. accepted, refused, skipped, expired are final; unknown waits for one retry or a person."""

    planned = "planned"
    sending = "sending"
    accepted = "accepted"
    try_later = "try_later"
    refused = "refused"
    skipped = "skipped"
    expired = "expired"
    unknown = "unknown"


class Verdict(StrEnum):
    accepted = "accepted"
    try_later = "try_later"
    refused = "refused"
    unknown = "unknown"
    """Silence after the final dot: perhaps taken, perhaps not (RFC 1047)."""
    withdrawn = "withdrawn"
    """The recipient opted out before DATA: nothing was sent."""
    paused = "paused"
    """The route itself is broken (TLS, sign-in): no recipient is at fault and the run stops."""
    unreachable = "unreachable"
    """No connection to the server: no recipient is at fault, the letter waits and no try is counted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict, the server's code (0 when none came) and its words without any address."""

    verdict: Verdict
    code: int = 0
    text: str = ""
    dead_address: bool = False
    """The server says that nobody has this address: suppress it."""
    single: bool = False
    """The trouble is this letter's own, like greylisting or a full mailbox: it says nothing about the provider."""
    throttled: bool = False
    """The server asks for fewer letters or connections: slow down towards this provider."""
