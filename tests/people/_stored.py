"""One person put into the store with all they did, read back and decided for under the repository's own rules and signals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert
from sqlmodel import SQLModel

from composer.decide import Decided
from composer.domain.campaign import Policy
from composer.domain.moment import Moment
from composer.domain.newsletter import Newsletter
from composer.store.audience import load_audience
from composer.store.engine import reading, writing
from composer.store.tables import CampaignRow, EventRow, OrderRow, ProductRow
from composer.store.upsert import defaults
from tests.decide._worlds import NOW, weekly, world
from tests.people._one import LIBRARY, POPULAR
from tests.store._people import grant, put, save

DAY = timedelta(days=1)
Line = tuple[int, datetime, float]
"""Of an order: the number of the module's category, when, how many."""


@dataclass(frozen=True)
class Deed:
    """An event: its kind, when, and the number of the category it was about (-1: none) or the module."""

    kind: str
    at: datetime
    about: int = -1
    module: str = ""


def settle(
    engine: Engine,
    orders: Iterable[Line] = (),
    deeds: Iterable[Deed] = (),
    purposes: tuple[str, ...] = ("letters", "profiling", "clicks"),
    level: str = "premium",
) -> None:
    """Put the person into the database. Category 3 is that of product 4, and of the module category/c03."""
    with writing(engine) as db:
        save(db, {"recipient_id": "r1", "address": "r1@example.com", "language": "en", "time_zone": "Europe/Helsinki", "level": level})
        grant(db, 1, *purposes, at=NOW - 400 * DAY)
        put(db, CampaignRow, number=1, name="weekly", created_at=NOW - 400 * DAY)
        for c in range(len(LIBRARY.modules)):
            put(db, ProductRow, number=c + 1, product_id=f"p{c:02}", name=f"C{c:02}", category=f"C{c:02}")
        _fill(
            db,
            OrderRow,
            [
                {"order_id": f"o{n}", "recipient": 1, "product": category + 1, "ordered_at": at, "quantity": quantity}
                for n, (category, at, quantity) in enumerate(orders)
            ],
        )
        _fill(
            db,
            EventRow,
            [
                {
                    "event_id": f"e{n}",
                    "recipient": 1,
                    "kind": deed.kind,
                    "occurred_at": deed.at,
                    "product": deed.about + 1 if deed.about >= 0 else None,
                    "module": deed.module,
                }
                for n, deed in enumerate(deeds)
            ],
        )


def _fill(db: Any, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    if rows:
        db.execute(insert(table), [{**defaults(table), **row} for row in rows])


def decided(engine: Engine) -> Decided:
    """Read the person as planning does, and decide; nothing is explored and nobody is in the hold-out."""
    campaign = weekly(holdout=0.0, policy=Policy(explore=0.0, explore_hour=0.0))
    with reading(engine) as db:
        audience = load_audience(db, LIBRARY, campaign, Moment(NOW, NOW, "weekly"), [1], "en", "UTC")
    found: Decided = world(audience, LIBRARY, campaign=campaign, beliefs=POPULAR).decide()
    return found


def sound_letter(batch: Decided) -> Newsletter:
    """The letter, which has four to six different blocks that every rule allows, each with a reason."""
    explanation = batch.explain(0)
    letter = explanation.outcome
    assert isinstance(letter, Newsletter)
    names = [block.module for block in letter.blocks]
    assert 4 <= len(names) <= 6
    assert len(set(names)) == len(names)
    assert letter.log is not None
    assert set(names) <= set(letter.log.eligible)
    assert all(block.reasons for block in letter.blocks)
    return letter


def removed(batch: Decided) -> dict[str, str]:
    """Module -> the rule that removed it."""
    return {loser.module: loser.rule for loser in batch.explain(0).losers if loser.rule}


def lead(letter: Newsletter) -> str:
    """The first block's module."""
    return letter.blocks[0].module
