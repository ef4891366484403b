"""What DNS said, and how the judges ask: they take answers that are there, and name the questions that are still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Question = tuple[str, str]
"""(name, type): lower case without a full stop at the end, and TXT, A, AAAA, MX or PTR."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The values of one question. TXT strings are joined, MX are host names with the preferred first, addresses are as text.

    `failed` tells why there was none (time-out, SERVFAIL); a name or type that does not exist is an answer without values.
    """

    values: tuple[str, ...] = ()
    failed: str = ""


OPEN = Answer(failed="not asked yet")


@dataclass
class Asking:
    """The answers so far, and the questions that were asked in vain."""

    answers: Mapping[Question, Answer]
    open: set[Question] = field(default_factory=set)

    def ask(self, name: str, kind: str) -> Answer:
        """Return the answer; one that is not there yet is noted as an open question, and counts as failed for now."""
        question = (name.rstrip(".").lower(), kind)
        if question not in self.answers:
            self.open.add(question)
            return OPEN
        return self.answers[question]


@dataclass(frozen=True, slots=True)
class Judged:
    """One thing looked at in DNS. `ok` None: not wrong, but read it. `record` is the line to put into a zone, where one would help."""

    check: str
    ok: bool | None
    detail: str
    record: str = ""


def txt_line(name: str, text: str) -> str:
    """A TXT record as a line of a zone file; strings hold at most 255 characters (RFC 1035 section 3.3.14)."""
    parts = [text[at : at + 255] for at in range(0, len(text), 255)] or [""]
    return f"{name}. IN TXT " + " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


def unknown(check: str, name: str, kind: str, answer: Answer) -> Judged:
    """DNS gave no answer: nothing is known, and nothing is called wrong."""
    return Judged(check, None, f"{name} ({kind}) could not be looked up: {answer.failed}")
