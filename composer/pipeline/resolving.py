"""Resolving unknown letters: a person says what became of those whose fate no server told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from composer.app import App
from composer.domain.lifecycle import Step
from composer.domain.outcome import OutboxState
from composer.store.campaigns import get_campaign, take_step
from composer.store.decisions import load_newsletter
from composer.store.engine import writing
from composer.store.outbox import Claimed, forget_digests, reopen, unresolved
from composer.store.outcomes import Settled, record, stand


class Fate(StrEnum):
    """What a person may say: it arrived, it did not and shall not, or send it once more."""

    accepted = "accepted"
    refused = "refused"
    again = "again"


def resolve(app: App, campaign: str | None, fate: Fate, now: datetime) -> list[str]:
    """Give every unknown letter that waits for a person its fate; return their Message-IDs. ComposerError: no such campaign."""
    with writing(app.engine) as db:
        if campaign is not None:
            get_campaign(db, campaign)
        rows = unresolved(db, campaign)
        if fate is Fate.again:
            stand(
                db,
                [Settled(r.number, r.recipient, OutboxState.unknown, "sent again by a person", now, r.attempts, r.in_doubt) for r in rows],
            )
            forget_digests(db, [row.number for row in rows])
            for number in reopen(db, sorted({row.edition for row in rows})):
                take_step(db, number, Step.reopen)
        elif fate is Fate.refused:
            stand(
                db,
                [Settled(r.number, r.recipient, OutboxState.refused, "resolved by a person", None, r.attempts, r.in_doubt) for r in rows],
            )
        else:
            record(db, "", {}, [_arrived(row) for row in rows], now)
    return [row.message_id for row in rows]


def _arrived(row: Claimed) -> Settled:
    return Settled(
        row.number,
        row.recipient,
        OutboxState.accepted,
        "resolved by a person",
        None,
        row.attempts,
        row.in_doubt,
        newsletter=load_newsletter(row.decision) if row.decision else None,
        tried=True,
    )
