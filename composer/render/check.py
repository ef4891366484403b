"""Check a letter in the tiers of DESIGN section 4: quickly on every letter, and the whole list over its final bytes."""

from __future__ import annotations

from composer.domain.audience import Person
from composer.domain.message import Finding, Message
from composer.domain.newsletter import Newsletter
from composer.render.case import Check, Context, Letter, run
from composer.render.check_bytes import BYTES
from composer.render.check_decision import DECISION
from composer.render.check_head import HEAD
from composer.render.check_page import PAGE
from composer.render.check_signature import SIGNATURE, VERIFIED
from composer.render.check_twin import TWIN
from composer.render.envelope import Envelope

QUICK: tuple[tuple[str, Check], ...] = (*HEAD, *SIGNATURE, *DECISION)
"""Tier two: the header as it was written, the decision, and the values. Tens of microseconds."""
WHOLE: tuple[tuple[str, Check], ...] = (*BYTES, *VERIFIED, *PAGE, *TWIN)
"""Tier three: everything again, from the bytes alone. Milliseconds."""


def check(
    message: Message, newsletter: Newsletter, person: Person, envelope: Envelope, context: Context, whole: bool = True
) -> tuple[Finding, ...]:
    """Return what is wrong with the letter. A blocking finding stops this letter and no other.

    Tier two always runs; tier three where `whole` is asked, and says nothing that tier two has said. Tier one was
    run when the library was compiled. Consent, caps and what was bought are judged where they are known: at the claim.
    """
    letter = Letter(message, newsletter, person, envelope, context)
    found = run(QUICK, letter, 2)
    if whole:
        said = {finding.check for finding in found}
        found += run((one for one in WHOLE if one[0] not in said), letter, 3)
    return tuple(found)


def disagreement(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return the ids by which the whole check stops a letter that the quick one let pass; empty where they agree."""
    if any(finding.blocks and finding.tier < 3 for finding in findings):
        return ()
    return tuple(finding.check for finding in findings if finding.blocks)
