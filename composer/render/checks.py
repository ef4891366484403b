"""The checks of a letter, on the bytes that will be sent: what must hold, under its name in docs/checks.md.

Every check is a law in one sentence and a function that returns what is wrong, or an empty string.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from composer.domain.audience import Person
from composer.domain.message import Finding, Message
from composer.domain.newsletter import Newsletter
from composer.render.envelope import Envelope
from composer.render.received import Received, receive


@dataclass(frozen=True, slots=True)
class Letter:
    """What a check may look at: the bytes as read back, and what they were to say."""

    got: Received
    message: Message
    newsletter: Newsletter
    person: Person
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Check:
    """`law` is what holds of every letter; `wrong` says how this one breaks it. `blocks`: such a letter must not leave."""

    name: str
    law: str
    wrong: Callable[[Letter], str]
    blocks: bool = True


def run(checks: tuple[Check, ...], message: Message, newsletter: Newsletter, person: Person, envelope: Envelope) -> tuple[Finding, ...]:
    """Return a finding for every check that fails, in the order of `checks`. Messages hold no address and no name."""
    letter = Letter(receive(message.data), message, newsletter, person, envelope)
    return tuple(Finding(check.name, check.blocks, f"{check.law} Here: {wrong}") for check in checks if (wrong := check.wrong(letter)))


def when(broken: object, message: str) -> str:
    """Return `message` where `broken` holds."""
    return message if broken else ""
