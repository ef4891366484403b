"""Giving up addresses that were never said to be dead: their letters have failed too often for too long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from composer.dispatch.reply_words import says_about_us
from composer.dispatch.suppression import is_given_up
from composer.domain.patience import Patience
from composer.store.concerned import fates
from composer.store.consents import is_suppressed, suppress
from composer.store.recipients import key_of


def give_up(db: Connection, recipients: Iterable[int], patience: Patience | None, now: datetime) -> None:
    """Suppress those recipients' addresses whose letters have failed as often and as long as `inbound.soft` bears.

    What was refused for our own sake (spam, policy, a blocked host) says nothing about an address and does not count.
    """
    for recipient in recipients if patience else ():
        key = key_of(db, recipient)
        failed, arrived = fates(db, key)
        own = [left for left, why in failed if not says_about_us(why)]
        if key and is_given_up(own, arrived, patience) and not is_suppressed(db, [key]):
            suppress(db, key, "bounce", now)
