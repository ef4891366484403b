"""People whose history is odd: orders of tomorrow, negative quantities, a hundred thousand events, one thing only, clicks only."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, insert

from composer.domain.audience import Audience
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.domain.newsletter import Newsletter
from composer.store.audience import load_audience
from composer.store.engine import writing
from composer.store.tables import EventRow, OrderRow, ProductRow
from composer.store.upsert import defaults
from tests.decide._worlds import NOW, SIGNALS, learnt, people, shop, weekly, world
from tests.people._one import letter, one, row
from tests.store._people import grant, put, save

LIBRARY: Library = shop(12)
MOMENT = Moment(NOW, NOW, "odd")
MANY = 100_000


def person(engine: Engine, orders: list[dict[str, Any]], events: list[dict[str, Any]] = ()) -> Audience:  # type: ignore[assignment]
    """One consenting person as the store reads them. Products 1 to 12 are those of categories C00 to C11."""
    with writing(engine) as db:
        save(db, {"recipient_id": "odd", "address": "odd@example.com", "language": "en"})
        grant(db, 1, "letters", "profiling", "clicks", at=NOW - timedelta(days=900))
        for n in range(12):
            put(db, ProductRow, number=n + 1, product_id=f"P{n}", category=f"C{n:02}")
        for table, rows in ((OrderRow, orders), (EventRow, events)):
            if rows:
                db.execute(insert(table), [{**defaults(table), "recipient": 1, **one} for one in rows])
        return load_audience(db, LIBRARY, weekly(), MOMENT, [1], "en", "Europe/Helsinki")


def decided(audience: Audience) -> Newsletter:
    found = world(audience, LIBRARY, campaign=weekly(holdout=0.0), moment=MOMENT).decide().outcome(0)
    assert isinstance(found, Newsletter)
    assert 4 <= len({block.module for block in found.blocks}) == len(found.blocks) <= 6
    assert all(np.isfinite(block.score) and 0 < block.score < 1 for block in found.blocks)
    return found


def order(n: int, at: datetime, product: int = 4, quantity: float = 1.0) -> dict[str, Any]:
    return {"order_id": f"o{n}", "product": product, "ordered_at": at, "quantity": quantity}


def test_orders_of_tomorrow_are_not_known_today(engine: Engine) -> None:
    audience = person(engine, [order(n, NOW + timedelta(days=n + 1)) for n in range(5)])
    assert audience.bought.sum() == audience.order_days.sum() == 0
    decided(audience)


def test_negative_quantities_are_returns_and_never_purchases(engine: Engine) -> None:
    audience = person(engine, [order(n, NOW - timedelta(days=n + 1), quantity=-1.0) for n in range(5)])
    assert audience.bought.sum() == 0
    assert audience.returned_age.min() == pytest.approx(1)
    assert "category/c03" not in {block.module for block in decided(audience).blocks}


def test_a_hundred_thousand_events_are_read_in_bounded_memory(engine: Engine) -> None:
    kinds = ("view", "purchase", "cart", "visit")
    events = [
        {
            "event_id": f"e{n}",
            "kind": kinds[n % 4],
            "occurred_at": NOW - timedelta(minutes=10 * n + 1),
            "product": n % 12 + 1 if n % 4 < 3 else None,
        }
        for n in range(MANY)
    ]
    tracemalloc.start()
    audience = person(engine, [], events)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 * 2**20
    assert audience.order_days[0] == pytest.approx(MANY * 10 / 60 / 24, abs=2)
    assert audience.viewed_age.min() == pytest.approx(0, abs=0.1)
    decided(audience)


def test_a_buyer_of_one_thing_only_gets_it_when_it_may_be_offered_and_other_things_beside() -> None:
    often = {"bought": row(47, 0.0, c7=30.0), "bought_age": row(47, np.inf, c7=10.0), "bought_first_age": row(47, np.inf, c7=300.0)}
    days = {"order_days": np.array([30.0], dtype=np.float32), "bought_decayed": row(47, 0.0, c7=2.0)}
    decayed = {"order_days_decayed": np.array([2.0], dtype=np.float32)}
    blocks = letter(**often, **days, **decayed).blocks
    assert blocks[0].module == "category/c07"
    assert len(blocks) >= 4
    assert any("about time" in str(reason) or "often buy" in str(reason) for reason in blocks[0].reasons)


def test_who_only_ever_clicked_is_judged_by_clicks() -> None:
    clicked = {"clicked": row(47, 0.0, c9=4.0), "shown": row(47, 0.0, c9=5.0).astype(np.int16), "shown_age": row(47, np.inf, c9=40.0)}
    assert {block.module for block in letter(**clicked).blocks}
    loser = {lost.module: lost.score for lost in _explained(**clicked)}
    plain = {lost.module: lost.score for lost in _explained(**{**clicked, "clicked": row(47, 0.0)})}
    group = [name for name in loser if name in plain and LIBRARY_OF_ONE[name] == LIBRARY_OF_ONE["category/c09"]]
    assert all(loser[name] > plain[name] for name in group)
    assert group


def _explained(**columns: Any) -> Any:
    return one(**columns).decide().explain(0).losers


LIBRARY_OF_ONE = {module.name: module.group for module in shop().modules}


@pytest.mark.parametrize("name", [name for name, signal in SIGNALS.items() if hasattr(signal, "FITTED")])
def test_of_a_module_about_no_product_no_purchase_says_anything(name: str) -> None:
    library = replace(LIBRARY, modules=tuple(replace(m, interests=() if i == 0 else m.interests) for i, m in enumerate(LIBRARY.modules)))
    crowd = people(library, 30)
    said = [SIGNALS[name].reason(crowd, r, library, 0, MOMENT, learnt(library, "about nothing")) for r in range(30)]
    assert not any(said) or name == "popularity"
