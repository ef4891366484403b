"""What was learnt about a person, shown to them, and forgotten when they say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.decide.learnt import Learnt, Liking, learnt_about
from composer.decide.redact import redact
from composer.domain.moment import Moment
from composer.domain.tokens import Subject
from composer.store.audience import load_audience
from composer.store.campaigns import get_campaign_by_number
from composer.store.choices import choices_of, save_reset
from composer.store.products import product_names


def learnt_of(app: App, db: Connection, subject: Subject, now: datetime) -> Learnt | None:
    """Return what was learnt about the person a token speaks of, by what their next letter would be decided from; None for nobody."""
    campaign = get_campaign_by_number(db, subject.campaign)
    if campaign is None or choices_of(db, subject.recipient) is None:
        return None
    library, defaults = app.library().library, app.settings.defaults
    moment = Moment(as_of=now, now=now, key="learnt")
    audience = load_audience(db, library, campaign, moment, [subject.recipient], defaults.language, defaults.time_zone)
    learnt = learnt_about(redact(audience), library)
    names = product_names(db, [one.what.partition(":")[2] for one in (*learnt.bought, *learnt.viewed) if one.what.startswith("product:")])
    return replace(learnt, bought=_named(learnt.bought, names), viewed=_named(learnt.viewed, names))


def forget_learnt(db: Connection, subject: Subject, now: datetime) -> bool:
    """Begin anew with a person: from now on nothing of before speaks for what they like. False where there is no such person."""
    if get_campaign_by_number(db, subject.campaign) is None or choices_of(db, subject.recipient) is None:
        return False
    save_reset(db, subject.recipient, now)
    return True


def _named(likings: tuple[Liking, ...], names: dict[str, str]) -> tuple[Liking, ...]:
    """By what people call it: a category's own name, a product's."""
    called = [(liking, *liking.what.partition(":")[::2]) for liking in likings]
    return tuple(replace(liking, what=names.get(name, name) if kind == "product" else name) for liking, kind, name in called)
