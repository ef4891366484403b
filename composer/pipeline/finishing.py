"""Finishing: an edition ends when nothing in it waits and its counts add up; a campaign ends with its last edition."""

from __future__ import annotations

from sqlalchemy import Connection

from composer.domain.adding_up import wrong_sum
from composer.domain.campaign import EditionState
from composer.domain.lifecycle import Step
from composer.logs import log
from composer.store.campaigns import cancelled_editions, fully_sent, get_edition, set_edition_state, take_step
from composer.store.outbox import without_waiting
from composer.store.plans import cancel_waiting, state_counts

CROOKED = "its counts do not add up: 'composer check' tells where"


def close_finished(db: Connection) -> None:
    """Close what has ended. An edition whose counts do not add up stays open, and its campaign is paused for a person to look at."""
    for number in cancelled_editions(db):
        cancel_waiting(db, number)
    for number in without_waiting(db):
        edition = get_edition(db, number)
        wrong = wrong_sum(edition.audience, state_counts(db, number), finished=True)
        if not wrong:
            set_edition_state(db, number, EditionState.finished)
        elif take_step(db, edition.campaign_number, Step.pause, CROOKED):
            log.error("counts_do_not_add_up", edition=edition.key, wrong=wrong)
    for campaign in fully_sent(db):
        if campaign.repeat is None:
            take_step(db, campaign.number, Step.finish)
