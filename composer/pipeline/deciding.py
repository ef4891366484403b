"""Deciding for given recipients: load their columns, one pure call. Planning, preview and the claim all come here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.decide import Decided, decide
from composer.domain.audience import Array, Audience
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Edition
from composer.domain.level import Level
from composer.domain.moment import Moment
from composer.library import OpenLibrary
from composer.store.audience import load_audience
from composer.store.conditions import load_conditions
from composer.store.products import load_stock


def decide_numbers(
    app: App,
    db: Connection,
    opened: OpenLibrary,
    campaign: Campaign,
    edition: Edition,
    numbers: Sequence[int],
    now: datetime,
    *,
    send_at: Array | None = None,
    at_most: Level = Level.premium,
) -> Decided:
    """Decide for recipients by row number, from the data of this second.

    `send_at` (int64 epoch seconds) keeps hours that were decided before. `at_most` lowers everybody's level
    (preview at another level); it never raises one.
    """
    audience, moment = load_numbers(app, db, opened, campaign, edition, numbers, now, at_most)
    return decide_audience(app, audience, opened, campaign, edition, moment, app.beliefs(db), send_at)


def load_numbers(
    app: App,
    db: Connection,
    opened: OpenLibrary,
    campaign: Campaign,
    edition: Edition,
    numbers: Sequence[int],
    now: datetime,
    at_most: Level = Level.premium,
    twins: Array | None = None,
) -> tuple[Audience, Moment]:
    """Read the columns of recipients, and the moment they were read for. `twins`: see load_audience."""
    defaults = app.settings.defaults
    stock, conditions = load_stock(db, opened.library.interests), load_conditions(db, now)
    moment = Moment(as_of=edition.scheduled, now=now, key=edition.key, stock=stock, conditions=conditions)
    audience = load_audience(db, opened.library, campaign, moment, numbers, defaults.language, defaults.time_zone, at_most, twins)
    return audience, moment


def decide_audience(
    app: App,
    audience: Audience,
    opened: OpenLibrary,
    campaign: Campaign,
    edition: Edition,
    moment: Moment,
    beliefs: Beliefs,
    send_at: Array | None = None,
) -> Decided:
    """Decide for recipients whose columns were read. What one gets does not depend on the others."""
    quiet = (app.settings.defaults.quiet_from, app.settings.defaults.quiet_until)
    return decide(audience, opened.library, campaign, edition, moment, beliefs, app.rules, app.signals, quiet, send_at)
