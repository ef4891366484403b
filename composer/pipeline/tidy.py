"""Tidying up: what is kept for a time only is deleted when the time is over."""

from __future__ import annotations

from datetime import datetime

from composer.app import App
from composer.pipeline.hooks import FORGOTTEN_AFTER, ONCE
from composer.store.engine import writing
from composer.store.mails import delete_mails_before
from composer.store.marks import delete_marks_before


def tidy(app: App, now: datetime) -> int:
    """Delete kept mails older than `inbound.keep`, read or not; return how many."""
    with writing(app.engine) as db:
        delete_marks_before(db, ONCE, now - FORGOTTEN_AFTER)
        return delete_mails_before(db, now - app.settings.inbound.keep)
