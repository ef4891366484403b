"""A plan that was stored, told again: what was sent as it was frozen, and of letters that still wait what they would be now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.domain.campaign import Campaign, Edition
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.reasons import Arm, Skip
from composer.pipeline.foresee import decide_waiting
from composer.pipeline.told import BriefLine, Line, PlanReport, brief_of
from composer.store.decisions import load_newsletter
from composer.store.engine import reading
from composer.store.plans import PlannedLetter, planned_counts, planned_letters

_REASONS = frozenset(skip.value for skip in Skip)


def read_back(
    app: App, campaign: Campaign, edition: Edition, now: datetime, line: Line | None = None, brief: BriefLine | None = None
) -> PlanReport:
    """Return the plan's counts as they were planned. Nothing is decided or read letter by letter where nobody listens."""
    with reading(app.engine) as db:
        letters, skipped = planned_counts(db, edition.number)
    report = PlanReport(edition, letters, Counter({reason: n for reason, n in skipped.items() if reason in _REASONS}))
    if line or brief:
        with reading(app.engine) as db:
            for page in planned_letters(db, edition.number):
                for outcome in _outcomes(app, db, campaign, edition, page, now):
                    if line:
                        line(outcome)
                    if brief:
                        brief(brief_of(outcome))
    return report


def _outcomes(
    app: App, db: Connection, campaign: Campaign, edition: Edition, page: list[PlannedLetter], now: datetime
) -> Iterator[Newsletter | Skipped]:
    waiting = [(letter.recipient, letter.send_at) for letter in page if letter.send_at and not letter.decision and letter.reason == ""]
    again = dict(zip([number for number, _ in waiting], decide_waiting(app, db, campaign, edition, waiting, now), strict=True))
    for letter in page:
        if letter.decision:
            yield load_newsletter(letter.decision)
        elif letter.reason in _REASONS:
            yield Skipped(letter.recipient_id, letter.recipient, edition.key, Arm(letter.arm), Skip(letter.reason))
        elif letter.recipient in again:
            yield again[letter.recipient]
