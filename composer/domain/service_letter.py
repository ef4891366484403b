"""Service letters: mails that somebody asked for by an act of their own, one at a time and never with marketing in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a service letter is for. Those of ASKING hold a button whose page acts by POST (/confirm/{t})."""

    confirm = "confirm"
    """To an address that was signed up: do you want these letters?"""
    change = "change"
    """To the new address of somebody who moves their letters: is it yours?"""
    changing = "changing"
    """To the old address: the letters are about to move; it keeps them until the new one is confirmed."""
    changed = "changed"
    """To the old address: the letters have moved."""


ASKING = frozenset({Kind.confirm, Kind.change})


@dataclass(frozen=True, slots=True)
class ServiceLetter:
    """One service letter as it was asked for; its bytes follow from it alone. Times are aware UTC."""

    number: int
    kind: Kind
    message_id: str
    recipient: int | None
    """Row number of the person it is about; None before somebody is known."""
    address: str
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    """What the words of this kind name in braces, and what a later step needs."""
    asked_at: datetime = field(kw_only=True)
    expires_at: datetime | None = field(default=None, kw_only=True)
    """Until when its link holds; from then on it does not leave either."""
    done_at: datetime | None = field(default=None, kw_only=True)
    """When its button was pressed."""


@dataclass(frozen=True, slots=True)
class ServiceWords:
    """What service letters are made of: one page for all of them, and their texts by language, kind and name."""

    page: str
    """The HTML as a Jinja template."""
    texts: Mapping[str, Mapping[str, Mapping[str, str]]]

    def language(self, *wanted: str) -> str:
        """The first of `wanted` (BCP 47) that there are texts in, by its primary subtag; else English."""
        return next((code for tag in wanted if (code := tag.lower().partition("-")[0]) in self.texts), FALLBACK)


FALLBACK = "en"
FRAME = ("hello", "by_hand", "once", "privacy")
"""What every service letter says beside the words of its kind."""
ALWAYS = ("subject", "title", "lead", "otherwise")
ASKS = ("button", "until")
"""What the kinds of ASKING say too."""


def words_of(kind: Kind) -> tuple[str, ...]:
    """The names of the texts that a kind needs, in every language."""
    return (*ALWAYS, *ASKS) if kind in ASKING else ALWAYS
