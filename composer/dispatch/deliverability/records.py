"""What DNS was asked and what it answered. A judge reads answers; what it lacks it notes as wanted, and is asked again later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

MOST_QUESTIONS = 200
"""Of one check: a thicket of includes is no reason to ask the world."""


@dataclass(frozen=True, slots=True)
class Question:
    """A name without its last full stop, in small letters, and a record type: A, AAAA, CNAME, MX, PTR or TXT."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The records found: TXT as text with its strings joined, MX as "10 host", hosts in small letters without a last full stop.

    `trouble` says in words why nobody knows (no answer, server failure); then `values` is empty and means nothing. `alias` is the
    name that a CNAME led to, empty where none did.
    """

    values: tuple[str, ...] = ()
    trouble: str = ""
    alias: str = ""
    seconds: int = 0
    """How long the answer may be kept (its TTL)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at in DNS. `ok` False warns; None: not known, or worth reading. `record` is the line to add to the zone."""

    check: str
    name: str
    type: str
    ok: bool | None
    detail: str
    record: str = ""


WAITING = Answer(trouble="not asked yet")


@dataclass(slots=True)
class Records:
    """Answers so far, and the questions that came up without one."""

    answers: Mapping[Question, Answer]
    wanted: set[Question] = field(default_factory=set)

    def ask(self, name: str, type_: str) -> Answer:
        """Return the answer; WAITING where there is none yet, and note the question."""
        question = Question(name.rstrip(".").lower(), type_)
        if not is_name(question.name):
            return Answer()
        if question in self.answers:
            return self.answers[question]
        if len(self.answers) + len(self.wanted) >= MOST_QUESTIONS:
            return Answer(trouble="too many questions")
        self.wanted.add(question)
        return WAITING

    def addresses(self, host: str) -> Answer:
        """A and AAAA together. Trouble only where neither gave an address."""
        four, six = self.ask(host, "A"), self.ask(host, "AAAA")
        values = four.values + six.values
        return Answer(values, "" if values else four.trouble or six.trouble, four.alias or six.alias)


def is_name(name: str) -> bool:
    """Tell whether DNS can hold the name: labels of 1 to 63 bytes, 253 in all (RFC 1035 2.3.4)."""
    return len(name) <= 253 and name.isascii() and all(0 < len(label) <= 63 for label in name.split("."))


def line(name: str, type_: str, text: str) -> str:
    """A record in zone file form; TXT is cut into strings of 255 bytes."""
    if type_ == "TXT":
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        strings = [f'"{quoted[at : at + 255]}"' for at in range(0, len(quoted), 255)]
        text = strings[0] if len(strings) == 1 else f"( {' '.join(strings)} )"
    return f"{name}. IN {type_} {text}"


def reverse_name(address: str) -> str:
    """The name that PTR records of an address stand under."""
    return ip_address(address).reverse_pointer
