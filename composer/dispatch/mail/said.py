"""What a mail says, before anybody asks whom of ours it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from composer.domain.notice import NoticeKind, Severity


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient in a report. `address` is the one written to, as far as told; `others` are where it was passed on to.

    `severity` is None where the letter arrived. `text` is what the remote system said, as it said it.
    """

    address: str
    severity: Severity | None = None
    status: str = ""
    text: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands in a mail that only a letter of ours can have brought there; which is true only the key's holder can tell."""

    came_to: tuple[str, ...] = ()
    """Tokens behind the + of the addresses it was sent to."""
    plus: tuple[str, ...] = ()
    """Tokens behind the + of addresses anywhere in it."""
    message_ids: tuple[str, ...] = ()
    """With their angle brackets."""
    links: tuple[str, ...] = ()
    """Tokens of unsubscribe links."""


@dataclass(frozen=True, slots=True)
class Said:
    """A mail's kind, its recipients' fates, what may prove whom it concerns, and what a person would read of it.

    `about` is the kind in a word: the feedback type of a complaint, "challenge" of a reply that asks for confirmation.
    `cut` names the limits at which reading ended.
    """

    kind: NoticeKind
    told: tuple[Told, ...] = ()
    proof: Proof = Proof()
    sender: str = ""
    subject: str = ""
    text: str = ""
    mail_id: str = ""
    """The same for the same mail, come twice."""
    about: str = ""
    authenticated_by: str = ""
    """The authserv-id (RFC 8601) of the server that says that the sender's domain is true; whose word counts is not decided here."""
    cut: tuple[str, ...] = ()
