"""History and beliefs in a real database of each kind: what may be read, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, insert, update

from composer.domain.consent import CLICKS, LETTERS, PROFILING, ConsentRow, State
from composer.domain.content import Library
from composer.domain.history import History
from composer.store.beliefs import load_beliefs, save_beliefs
from composer.store.consents import append
from composer.store.engine import reading, writing
from composer.store.history import load_history
from composer.store.tables import (
    CampaignRow,
    EditionRow,
    EventRow,
    ImpressionRow,
    OrderRow,
    OutboxRow,
    ProductRow,
    RecipientRow,
)
from tests.decide._worlds import LETTER, NOW, module

LIBRARY = Library(
    (module("offer/plan", interests=("category:Planning",)), module("offer/pro", interests=("product:p-2",)), module("story/news")),
    {"newsletter": LETTER},
    "test",
)
PREMIUM, STANDARD, BASIC, ERASED, CHOSE_NONE = 1, 2, 3, 4, 5


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def add(db: Connection, table: Any, *rows: dict[str, Any]) -> None:
    for row in rows:
        db.execute(insert(table).values(**row))


def agreed(*purposes: str) -> Sequence[ConsentRow]:
    return [ConsentRow(purpose, State.granted, "import", days_ago(300)) for purpose in purposes]


@pytest.fixture
def history(engine: Engine) -> History:
    """Five people who each bought the same and were shown the same."""
    with writing(engine) as db:
        for number in (PREMIUM, STANDARD, BASIC, ERASED, CHOSE_NONE):
            add(
                db,
                RecipientRow,
                {
                    "number": number,
                    "recipient_id": f"r{number}",
                    "address": f"r{number}@example.com",
                    "address_key": str(number),
                    "draw_key": -number,
                    "role": "buyer",
                    "level": "none" if number == CHOSE_NONE else "premium",
                    "erased_at": NOW if number == ERASED else None,
                },
            )
            purposes = {STANDARD: (LETTERS, PROFILING), BASIC: (LETTERS,)}.get(number, (LETTERS, PROFILING, CLICKS))
            append(db, [(number, row) for row in agreed(*purposes)], NOW)
        for number, category in enumerate(("Planning", "Other", "Planning"), start=1):
            add(db, ProductRow, {"number": number, "product_id": f"p-{number}", "category": category})
        add(db, CampaignRow, {"number": 1, "name": "weekly", "created_at": days_ago(99)})
        add(db, EditionRow, {"number": 1, "campaign": 1, "scheduled": days_ago(9)})
        for number in (PREMIUM, STANDARD, BASIC, ERASED, CHOSE_NONE):
            lines = [("a", 1, 10.0, 1), ("b", 3, 10.1, 2), ("c", 2, 3.0, 1), ("d", 1, 5.0, -1), ("e", 1, 6.0, 0), ("f", 1, -2.0, 1)]
            for order, product, age, quantity in lines:
                add(
                    db,
                    OrderRow,
                    {"order_id": order, "recipient": number, "product": product, "ordered_at": days_ago(age), "quantity": quantity},
                )
            add(
                db, EventRow, {"event_id": f"e{number}", "recipient": number, "kind": "purchase", "occurred_at": days_ago(20), "product": 2}
            )
            add(db, OutboxRow, {"number": number, "edition": 1, "recipient": number, "state": "accepted", "message_id": f"m{number}"})
            for position, name in enumerate(("offer/plan", "gone/module", "story/news"), start=1):
                add(
                    db,
                    ImpressionRow,
                    {
                        "outbox": number,
                        "recipient": number,
                        "module": name,
                        "variant": "plain",
                        "position": position,
                        "source": "explored" if position == 3 else "ranked",
                        "score": 0.1,
                        "probability": 0.5,
                        "signals": '{"topics":0.25}',
                        "shown_at": days_ago(8),
                        "clicked_at": days_ago(7) if position == 1 else None,
                    },
                )
    with reading(engine) as db:
        return load_history(db, LIBRARY, ("novelty", "topics"), NOW)


def test_purchases_are_read_of_levels_standard_and_premium_only(history: History) -> None:
    assert history.draw_key.tolist() == [(1 << 64) - 1, (1 << 64) - 2]
    assert history.role.words == ("buyer",)
    assert sorted(set(history.buyer.tolist())) == [0, 1]


def test_a_purchase_counts_once_a_day_and_interest_and_returns_and_the_future_do_not(history: History) -> None:
    mine = history.buyer == 0
    planning, second = LIBRARY.interests.index("category:Planning"), LIBRARY.interests.index("product:p-2")
    assert sorted(zip(history.interest[mine].tolist(), history.age[mine].tolist(), strict=True)) == [
        (planning, 10.0),
        (second, 3.0),
        (second, 20.0),
    ]


def test_blocks_shown_are_read_of_level_premium_only(history: History) -> None:
    assert history.viewer.tolist() == [0, 0]
    assert [LIBRARY.names[m] for m in history.module] == ["offer/plan", "story/news"]
    assert history.clicked.tolist() == [True, False]
    assert history.position.tolist() == [1, 3]
    assert history.explored.tolist() == [False, True]
    assert history.impression_age.tolist() == [8.0, 8.0]
    assert np.array_equal(history.signals, np.array([[0, 0.25], [0, 0.25]], dtype=np.float32))


def test_nothing_is_learnt_from_people_whose_data_is_restricted(engine: Engine, history: History) -> None:
    with writing(engine) as db:
        db.execute(update(RecipientRow).where(RecipientRow.number == PREMIUM).values(restricted_at=NOW))  # type: ignore[arg-type]
    with reading(engine) as db:
        left = load_history(db, LIBRARY, ("novelty", "topics"), NOW)
    assert len(left.draw_key) == len(history.draw_key) - 1
    assert len(left.buyer) < len(history.buyer)
    assert len(left.module) < len(history.module)


def test_an_empty_database_has_an_empty_history(engine: Engine) -> None:
    with reading(engine) as db:
        empty = load_history(db, LIBRARY, ("topics",), NOW)
    assert (len(empty.draw_key), len(empty.buyer), empty.signals.shape) == (0, 0, (0, 1))


def test_beliefs_are_kept_by_name_and_their_version_tells_them_apart(engine: Engine) -> None:
    with writing(engine) as db:
        assert load_beliefs(db).version == "prior"
        save_beliefs(db, {"affinity": {"usual": 0.1}, "season": {}}, NOW)
        first = load_beliefs(db)
        save_beliefs(db, {"affinity": {"usual": 0.2}}, NOW)
        second = load_beliefs(db)
        save_beliefs(db, {"affinity": {"usual": 0.1}}, NOW + timedelta(days=1))
    assert (first.of("affinity"), second.of("affinity"), second.of("season")) == ({"usual": 0.1}, {"usual": 0.2}, {})
    assert first.version != second.version
    with reading(engine) as db:
        assert load_beliefs(db).version == first.version
