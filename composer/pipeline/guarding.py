"""Guards: a campaign that draws too many complaints or dead addresses is paused, by whichever process notices first."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from composer.app import App
from composer.dispatch.guards import FEWEST_BOUNCES, FEWEST_COMPLAINTS, Counts, enough, is_warning, objection
from composer.domain.campaign import Campaign, CampaignState, Guards
from composer.domain.lifecycle import Step
from composer.logs import log
from composer.store.campaigns import get_campaign_by_number, take_step
from composer.store.consents import bump_suppression_version
from composer.store.engine import writing
from composer.store.guards import count_letters, count_trouble, seen

RECENT = 500
"""Letters over which a sudden rise of dead addresses is looked for: at the end of a large campaign the whole would hide it."""


def guard(db: Connection, number: int) -> str:
    """Halt a campaign where one of its guards says so; return the reason, empty where none does.

    What was known when a person resumed it last is not held against it again.
    """
    campaign = get_campaign_by_number(db, number)
    if campaign is None or campaign.state is not CampaignState.scheduled or campaign.guards == Guards(None, None):
        return ""
    before, (complaints, bounces) = seen(db, number), count_trouble(db, number)
    if complaints - before.complaints < FEWEST_COMPLAINTS and bounces - before.bounces < FEWEST_BOUNCES:
        return ""  # so few that the letters need not be counted
    trouble = Counts(complaints=complaints - before.complaints, bounces=bounces - before.bounces)

    def counted(most: int | None) -> Counts:
        accepted, tried = count_letters(db, number, most)
        return replace(trouble, accepted=accepted, tried=tried - before.tried)

    part = counted(before.tried + enough(campaign.guards, trouble))
    if not objection(campaign.guards, part) and not is_warning(campaign.guards, part):
        return ""  # the more letters, the less their share
    counts = counted(None)
    if reason := objection(campaign.guards, counts):
        _halt(db, campaign, reason)
    elif is_warning(campaign.guards, counts):
        log.warning("complaints_rise", campaign=campaign.name, complaints=counts.complaints, accepted=counts.accepted)
    return reason


def _halt(db: Connection, campaign: Campaign, reason: str) -> None:
    if take_step(db, campaign.number, Step.pause, reason):
        bump_suppression_version(db)  # letters that are claimed already stay, whoever has them
        log.error("campaign_halted", campaign=campaign.name, reason=reason)


class Guarding:
    """The guards of one run: told of each letter that a server took or refused for its address, asked every few seconds."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._recent: defaultdict[int, deque[bool]] = defaultdict(lambda: deque(maxlen=RECENT))
        self._asked: set[int] = set()
        self._news: set[int] = set()

    def saw(self, campaign: int, *, dead: bool) -> None:
        self._recent[campaign].append(dead)
        if dead or campaign not in self._asked:
            self._news.add(campaign)

    def news(self) -> set[int]:
        """Campaigns to look at: those met for the first time, and those with dead addresses since this was asked last."""
        found, self._news = self._news, set()
        self._asked |= found
        return found

    def look(self, campaigns: Iterable[int]) -> None:
        """Halt those that a guard objects to."""
        with writing(self._app.engine, spares=True) as db:
            for number in sorted(campaigns):
                recent = list(self._recent[number])
                campaign = get_campaign_by_number(db, number)
                if guard(db, number) or campaign is None or campaign.state is not CampaignState.scheduled:
                    continue
                if reason := objection(campaign.guards, Counts(tried=len(recent), bounces=sum(recent))):
                    _halt(db, campaign, reason)
