"""Check a letter: everything that can be judged from its final bytes."""

from __future__ import annotations

from composer.domain.audience import Person
from composer.domain.message import Finding, Message
from composer.domain.newsletter import Newsletter
from composer.render import check_body, check_wire
from composer.render.checks import run
from composer.render.envelope import Envelope

CHECKS = (*check_wire.CHECKS, *check_body.CHECKS)


def check(message: Message, newsletter: Newsletter, person: Person, envelope: Envelope) -> tuple[Finding, ...]:
    """Return what is wrong with the letter. A blocking finding stops this letter and no other.

    Consent, caps, dates and what was bought are judged where they are known: at the claim.
    """
    return run(CHECKS, message, newsletter, person, envelope)
