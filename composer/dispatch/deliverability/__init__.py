"""Deliverability: what DNS must say about a sender, judged from answers that somebody else looked up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from composer.dispatch.deliverability.answers import Answer, Asking, Judged, Question
from composer.dispatch.deliverability.dmarc import judge_alignment, judge_dmarc
from composer.dispatch.deliverability.hosts import judge_inbox, judge_pages, judge_reverse
from composer.dispatch.deliverability.keys import judge_key
from composer.dispatch.deliverability.spf import judge_spf

__all__ = ["Answer", "Asking", "Facts", "Judged", "Question", "judge"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What an installation says of itself."""

    sender: str
    """The domain of the letters' From address."""
    return_path: str
    """The domain that bounces go to."""
    keys: tuple[tuple[str, str], ...] = ()
    """(name in DNS, text of the record) of each signing key."""
    signing: str = ""
    """d= of our signatures; empty where the relay signs."""
    addresses: tuple[str, ...] = ()
    """Addresses that letters leave from, as far as they are known."""
    pages: str = ""
    """Host of the public pages; empty where it is no name in DNS."""


def judge(facts: Facts, answers: Mapping[Question, Answer]) -> tuple[list[Judged], set[Question]]:
    """Judge what is known, and return the questions that must still be asked: with their answers, judge again."""
    asking = Asking(answers)
    found = judge_spf(asking, facts.return_path, facts.addresses)
    found += [judge_key(asking, name, text) for name, text in facts.keys]
    found += judge_dmarc(asking, facts.sender)
    found += judge_alignment(asking, facts.sender, facts.signing, facts.return_path)
    found += [judge_reverse(asking, address) for address in facts.addresses]
    found.append(judge_inbox(asking, facts.sender, "answers"))
    if facts.return_path != facts.sender:
        found.append(judge_inbox(asking, facts.return_path, "reports about letters"))
    if facts.pages:
        found.append(judge_pages(asking, facts.pages))
    return found, asking.open
