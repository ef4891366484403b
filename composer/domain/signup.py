"""A sign-up: what somebody asked for on the form, before the address's owner has confirmed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from composer.domain.choices import Choices
from composer.domain.consent import CLICKS, OWN_SOURCES, PROFILING, ConsentRow, State
from composer.domain.level import Level

WORDING = "signup-1"
"""Change it with the meaning of the form's words: the ledger keeps which words a consent answered."""
MOST_TOPICS = 50
SOURCE = "confirm"
"""Where the ledger's lines of a confirmed sign-up come from."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the ledger keeps beside a word that was said on a page (GDPR article 7(1)); the fields of ConsentRow."""

    wording: str
    said: str
    """The words agreed to, as they stood there."""
    client: str
    address_key: str


@dataclass(frozen=True, slots=True)
class SignUp:
    """What was chosen. `lists` are purposes of the ledger (letters, topic:NAME); `wording` is what the filled-in form called its words."""

    address: str
    language: str
    level: Level = Level.basic
    topics: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    wording: str = WORDING

    @property
    def purposes(self) -> tuple[str, ...]:
        """What the confirmation consents to: the lists, and what the chosen level needs (domain.level)."""
        needs = {Level.standard: (PROFILING,), Level.premium: (PROFILING, CLICKS)}
        return (*self.lists, *needs.get(self.level, ()))


def confirmed_rows(ask: SignUp, choices: Choices, proof: Proof, now: datetime) -> tuple[ConsentRow, ...]:
    """Return the ledger's lines of a confirmation, also for what was consented to before: this is the better proof.

    Each line is newer than what the person has said so far.
    """
    own = {purpose: at for purpose, _, source, at in sorted(choices.ledger, key=lambda line: line[3]) if source in OWN_SOURCES}

    def moment(purpose: str) -> datetime:
        return max(now, datetime.fromtimestamp(own.get(purpose, 0), UTC) + timedelta(seconds=1))

    return tuple(
        ConsentRow(
            purpose,
            State.granted,
            SOURCE,
            moment(purpose),
            wording=proof.wording,
            proof=proof.said,
            client=proof.client,
            address_key=proof.address_key,
        )
        for purpose in ask.purposes
    )


def dump_signup(ask: SignUp) -> dict[str, str]:
    """The values of the letter that asks for the confirmation."""
    return {"level": ask.level.name, "topics": ",".join(ask.topics), "lists": ",".join(ask.lists), "wording": ask.wording}


def load_signup(address: str, language: str, values: Mapping[str, str]) -> SignUp:
    return SignUp(
        address,
        language,
        Level.__members__.get(values.get("level", ""), Level.basic),
        _words(values.get("topics", "")),
        _words(values.get("lists", "")),
        values.get("wording", ""),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)
