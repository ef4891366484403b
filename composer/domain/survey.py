"""A survey: one question of a module, its answers, and what is asked next after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST_TEXT = 2000
"""Characters of a free text; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The module's title is the question. Links carry an answer's word, people read its label."""

    answers: tuple[str, ...]
    """In the order in which they are shown."""
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language -> answer -> what people read."""
    follow_ups: Mapping[str, str] = field(default_factory=dict)
    """Answer -> the name of the question that follows it; answers without one end the survey."""
    asks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language -> name -> the following question."""

    def label(self, answer: str, language: str) -> str:
        """What people read for an answer; its word where the language lacks it."""
        return self.labels.get(language, {}).get(answer) or answer

    def ask(self, name: str, language: str) -> str:
        """The following question of this name; empty where there is none."""
        return self.asks.get(language, {}).get(name, "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person answered in one letter: a letter keeps the newest answer only.

    `asked` is the name of the follow-up under which `text`, in their own words, was written.
    """

    answer: str
    asked: str = ""
    text: str = ""


def revised(before: Answer | None, answer: str, asked: str, text: str) -> Answer:
    """Return what is kept once somebody answers (again). Words given before stay until others are given.

    A second answer replaces the first: who slipped on a small screen must be able to correct it, and it is their word.
    """
    # Without what a database refuses: NUL (PostgreSQL) and lone surrogates.
    text = text.replace("\0", "").encode("utf-8", "replace").decode().strip()[:LONGEST_TEXT]
    if text:
        return Answer(answer, asked, text)
    return Answer(answer, before.asked, before.text) if before else Answer(answer)
