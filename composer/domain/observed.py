"""What was asked for from a letter, and by whom: its links, its hidden link, and the picture that counts opens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from composer.domain.tokens import Subject


class Ask(StrEnum):
    """What was asked for. A trap is the link that nobody sees."""

    clicked = "clicked"
    opened = "opened"
    trap = "trap"


class Maker(StrEnum):
    """Who asked. A proxy loads a picture in a reader's stead, or long before: nobody can tell."""

    person = "person"
    machine = "machine"
    proxy = "proxy"


class Sign(StrEnum):
    """What speaks for a program. The first six are read off the request, the others off the letter's whole traffic."""

    agent = "agent"
    """It says by its user agent that it is one."""
    head = "head"
    """It asked for the header only."""
    prefetch = "prefetch"
    """It says that nobody looks yet."""
    proxy = "proxy"
    """A mail provider's image proxy."""
    silent = "silent"
    """It does not say what it is."""
    network = "network"
    """It asks from a network of programs (tracking.networks)."""
    trap = "trap"
    """The hidden link was followed at the same time."""
    many = "many"
    """Several links of the letter were followed at once."""
    soon = "soon"
    """The letter had hardly arrived."""


@dataclass(frozen=True, slots=True)
class Look:
    """One request: the letter it came from, what was asked for, the block's place (0 where there is none), and the request's signs."""

    subject: Subject
    ask: Ask
    position: int
    at: datetime
    signs: Collection[Sign] = ()
    module: str = ""
    """What stands in that place."""
