"""What a letter rests on: for each thing it did with a person's data the line of the ledger that allowed it at its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.domain.consent import CLICKS, OPENS, PROFILING, Basis, ConsentRow
from composer.domain.level import Level
from composer.store.campaigns import campaign_of_edition, get_edition
from composer.store.choices import choices_of
from composer.store.consents import line_in_force
from composer.store.letters import Letter


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a purpose was allowed. `basis` is the ground that was stored with the letter, else the line's.

    `line` is None where the ledger has none from then; `holds`: it is in force still.
    """

    purpose: str
    basis: Basis
    line: ConsentRow | None
    holds: bool


def rests_on(db: Connection, letter: Letter, now: datetime) -> tuple[Ground, ...]:
    """The grounds of a letter: of writing on its list, of each class of data its level let be looked at, of counting opens.

    A letter that has left is judged at the second it left, one that waits at `now`.
    """
    newsletter, person = letter.newsletter, choices_of(db, letter.recipient)
    if newsletter is None or person is None:
        return ()
    at = letter.accepted_at or (letter.send_at if letter.frozen and letter.send_at else now)
    wanted = [campaign_of_edition(db, get_edition(db, letter.edition)).list]
    wanted += [purpose for purpose, level in ((PROFILING, Level.standard), (CLICKS, Level.premium)) if newsletter.level >= level]
    wanted += [OPENS] if letter.person and letter.person.opens else []
    found = []
    for place, purpose in enumerate(wanted):
        line = line_in_force(db, letter.recipient, purpose, at)
        stored = newsletter.basis if place == 0 else ""
        if stored or line:
            basis = Basis(stored) if stored else line.basis if line else Basis.consent
            found.append(Ground(purpose, basis, line, purpose in person.granted))
    return tuple(found)
