"""Grounds: no campaign starts for a list that nobody gave, or has, a ground to be written to about."""

from __future__ import annotations

from sqlalchemy import Connection

from composer.domain.campaign import Campaign
from composer.errors import Refused
from composer.store.consents import has_ground


def require_ground(db: Connection, campaign: Campaign, where: str) -> None:
    """Refused where no line of the ledger grants the campaign's list (GDPR articles 5(2) and 6(1)).

    Who of its audience may be written to is decided for each: this stops a campaign that could write to nobody, or whose
    list is misspelt.
    """
    if not has_ground(db, campaign.list):
        raise Refused(
            f"nobody has a ground to be written to for '{campaign.list}'",
            where=where,
            do="Import consents with this purpose ('composer import consents'), or correct the campaign's list.",
        )
