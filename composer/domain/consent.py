"""Consent as an append-only ledger: rows are added, never changed, and the current state is read off them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address, ip_network

LETTERS, PROFILING, OPENS, CLICKS = "letters", "profiling", "opens", "clicks"
TOPIC = "topic:"
PURPOSES = (LETTERS, PROFILING, OPENS, CLICKS)
OBJECTION = "objection"
"""The source of what somebody objected to on their own page, and the reason for which their address is suppressed meanwhile."""
OWN_SOURCES = frozenset({"unsubscribe", "preferences", "signup", "confirm", "bounce", "complaint", "erasure", OBJECTION})
"""Sources that speak for the person: an imported "granted" never undoes a withdrawal that came by one of them."""


class State(StrEnum):
    granted = "granted"
    withdrawn = "withdrawn"


class Basis(StrEnum):
    """GDPR article 6(1) ground, in the words of an import file."""

    consent = "consent"
    """(a): the person said so."""
    customer = "customer"
    """(f) with ePrivacy article 13(2): an own customer, who is shown only what is like what they bought."""
    contract = "contract"
    """(b): what the person ordered needs it. No letter that advertises rests on it."""
    interest = "interest"
    """(f): ours weighs more than theirs, and a note says how that was weighed."""


def unfit_basis(purpose: str, basis: Basis, note: str) -> str:
    """Why nothing may rest on this ground for this purpose, in words for a report; empty where it may.

    Clicks and opens are read from the person's own machine: nothing but consent allows that (ePrivacy article 5(3), EDPB
    Guidelines 2/2023). `note` is the balancing that legitimate interest needs (GDPR article 6(1)(f), recital 47).
    """
    if basis is Basis.contract:
        return "a contract is no ground for it: what a contract needs is sent without it"
    if purpose in (CLICKS, OPENS) and basis is not Basis.consent:
        return f"nothing but consent is a ground for {purpose}"
    if purpose == PROFILING and basis is Basis.customer:
        return "being a customer is a ground for letters, not for profiling"
    if basis is Basis.interest and not note:
        setting = "interest_profiling" if purpose == PROFILING else "interest_letters"
        return f"legitimate interest needs the note how it was weighed: a column note, or consent.{setting}"
    return ""


def kept_client(keep: str, client: str) -> str:
    """What of the asking machine's address goes into the ledger: "whole", its "network" (/24, IPv6 /48), or nothing ("off")."""
    try:
        address = ip_address(client.partition("/")[0])
    except ValueError:
        return ""
    if keep == "whole":
        return str(address)
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False)) if keep == "network" else ""


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
