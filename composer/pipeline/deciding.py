"""Deciding for given recipients: load their columns, one pure call. Planning, preview and the claim all come here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.decide import Decided, decide
from composer.domain.audience import Array
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
    beliefs: Beliefs | None = None,
    at_most: Level = Level.premium,
) -> Decided:
    """Decide for recipients by row number, from the data of this second.

    `send_at` (int64 epoch seconds) keeps hours that were decided before. `at_most` lowers everybody's level
    (preview at another level); it never raises one.
    """
    defaults = app.settings.defaults
    stock, conditions = load_stock(db, opened.library.interests), load_conditions(db, now)
    moment = Moment(as_of=edition.scheduled, now=now, key=edition.key, stock=stock, conditions=conditions)
    audience = load_audience(db, opened.library, campaign, moment, numbers, defaults.language, defaults.time_zone, at_most)
    return decide(
        audience,
        opened.library,
        campaign,
        edition,
        moment,
        beliefs or app.beliefs(db),
        app.rules,
        app.signals,
        (defaults.quiet_from, defaults.quiet_until),
        send_at,
    )
