"""Campaigns and their editions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from composer.domain.consent import LETTERS

RELAY = "[a-z][a-z0-9]{0,30}"
"""What a relay may be called: it stands in a section's name and in a variable's. "smtp" is the section [smtp]."""
APART = timedelta(days=7)
"""How long campaigns keep out of each other's way unless they say otherwise."""


class CampaignState(StrEnum):
    """What is stored; domain.lifecycle says what leads from one to the next, and what people read."""

    draft = "draft"
    approved = "approved"
    """Its next edition is approved; letters leave once it is scheduled."""
    scheduled = "scheduled"
    paused = "paused"
    cancelled = "cancelled"
    finished = "finished"


class EditionState(StrEnum):
    planned = "planned"
    approved = "approved"
    cancelled = "cancelled"
    finished = "finished"


@dataclass(frozen=True, slots=True)
class Window:
    """When letters may leave, in the recipient's own time: weekdays (0 = Monday) and [opens, closes).

    `now` windows ignore days and hours: the letter is due when the edition is. Quiet hours hold in any case
    but for `now`. The first allowed moment at or after the edition's time is looked for within `horizon`.
    """

    now: bool = False
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    opens: time = time(7)
    closes: time = time(20)
    horizon: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `letters` to one person in any `period`, over all campaigns; None where the campaign has no cap."""

    letters: int
    period: timedelta


@dataclass(frozen=True, slots=True)
class Guards:
    """Shares of its letters at which a campaign halts; None turns one off."""

    complaints: float | None = 0.003
    bounces: float | None = 0.10
    """Dead addresses."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How blocks are chosen. Named and logged with every decision."""

    name: str = "greedy-1"
    explore: float = 0.10
    """Probability that one unpinned block is replaced by a draw from the pool."""
    pool: int = 8
    """Candidates next in line that exploration may draw from."""
    keep: float = 0.6
    """Blocks above the layout's least are kept while their click probability is at least this share of the best one's."""
    explore_hour: float = 0.10
    """Probability that the hour is a uniform draw from the allowed ones."""
    explore_words: float = 0.10
    """Probability that a tone, or how the letter opens, is a uniform draw from those that exist for it."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """An operator's intent. `name` is a unique slug; the rest has defaults that `campaign show` prints."""

    name: str
    number: int = 0
    """The store's row number; 0 before it is stored."""
    state: CampaignState = CampaignState.draft
    version: int = 1
    """Counts up when what some edition was approved with is changed."""
    list: str = LETTERS
    """`letters` or `topic:NAME`: the consent needed, the List-Id, and what an unsubscribe token ends."""
    title: str = ""
    """The name people see; the slug when empty."""
    audience: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column (language, country, region, role, stage) -> allowed words; empty: everyone with consent."""
    layout: str = "newsletter"
    modules: tuple[str, ...] = ("*",)
    """Globs over module names."""
    pinned: tuple[str, ...] = ()
    """Globs over module names: these go in before all others, in this order, wherever the rules allow it."""
    mandatory: tuple[str, ...] = ()
    """Names of modules without which a letter does not leave."""
    apart: timedelta | None = APART
    """How long a module is left out after another campaign has shown it; None: it may follow at once."""
    window: Window = Window()
    subject: Mapping[str, str] = field(default_factory=dict)
    """Language -> subject; where absent, the leading block's own."""
    policy: Policy = Policy()
    holdout: float = 0.05
    guards: Guards = Guards()
    cap: Cap | None = None
    repeat: timedelta | None = None
    """None: one edition; else one every so often."""
    starts: datetime | None = None
    relay: str = ""
    """The relay that carries its letters; empty: the order of `delivery.relays`."""
    expires: timedelta | None = None
    """A letter not gone this long after its send time expires; None: it stays due."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a campaign: (campaign, scheduled time), to the minute. Keys, tokens and draws hang on `key`."""

    campaign: str
    scheduled: datetime
    number: int = 0
    """The store's row number; 0 before it is stored."""
    campaign_number: int = 0
    state: EditionState = EditionState.planned
    library_version: str = ""
    version: int = 0
    """The version of the campaign that it was planned with; approval freezes it. 0 before it is planned."""
    audience: int = 0
    """What its counts must add up to, once it is planned."""

    @property
    def key(self) -> str:
        return _key(self.campaign, self.scheduled)


@lru_cache(256)
def _key(campaign: str, scheduled: datetime) -> str:
    """Asked for by every letter, and the same for all of them."""
    return f"{campaign}@{scheduled:%Y-%m-%dT%H:%MZ}"
