"""Consent as an append-only ledger: rows are added, never changed, and the current state is read off them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LETTERS, PROFILING, OPENS, CLICKS = "letters", "profiling", "opens", "clicks"
TOPIC = "topic:"
PURPOSES = (LETTERS, PROFILING, OPENS, CLICKS)
OWN_SOURCES = frozenset({"unsubscribe", "preferences", "signup", "confirm", "bounce", "complaint", "erasure"})
"""Sources that speak for the person: an imported "granted" never undoes a withdrawal that came by one of them."""


class State(StrEnum):
    granted = "granted"
    withdrawn = "withdrawn"


class Basis(StrEnum):
    """GDPR article 6(1) ground, in the words of an import file."""

    consent = "consent"
    customer = "customer"
    contract = "contract"
    interest = "interest"


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One line of the ledger. `at` is when it became true, aware UTC; `source` is where it came from.

    `wording` names the words that were shown and their version. The proof (GDPR article 7(1)): `address_key` of the address it
    was said from, `client` the asking machine's network as far as it is kept, `proof` what an import brought along in words.
    `note`: for legitimate interest, how it was weighed against the person's (article 6(1)(f)).
    """

    purpose: str
    state: State
    source: str
    at: datetime
    basis: Basis = Basis.consent
    wording: str = ""
    proof: str = ""
    note: str = ""
    client: str = ""
    address_key: str = ""


def is_purpose(word: str) -> bool:
    """Tell whether `word` names a purpose: one of PURPOSES or `topic:NAME`."""
    return word in PURPOSES or (word.startswith(TOPIC) and len(word) > len(TOPIC))


def granted_purposes(rows: Iterable[tuple[str, str, str, int]]) -> frozenset[str]:
    """Return the purposes in force, from (purpose, state, source, at) in ledger order.

    The newest `at` counts, and of equal times the later row. A withdrawal by the person stands
    until the person grants again, whatever an import says afterwards.
    """
    newest: dict[str, tuple[int, str]] = {}
    own: dict[str, tuple[int, str]] = {}
    for purpose, state, source, at in rows:
        if purpose not in newest or at >= newest[purpose][0]:
            newest[purpose] = (at, state)
        if source in OWN_SOURCES and (purpose not in own or at >= own[purpose][0]):
            own[purpose] = (at, state)
    return frozenset(
        purpose
        for purpose, (_, state) in newest.items()
        if state == State.granted and own.get(purpose, (0, State.granted))[1] == State.granted
    )
