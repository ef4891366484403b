"""Tidying up: what is kept for a time only is deleted when the time is over."""

from __future__ import annotations

from datetime import datetime

from composer.app import App
from composer.store.engine import writing
from composer.store.mails import delete_mails_before


def tidy(app: App, now: datetime) -> int:
    """Delete kept mails older than `inbound.keep`, read or not; return how many."""
    with writing(app.engine) as db:
        return delete_mails_before(db, now - app.settings.inbound.keep)
