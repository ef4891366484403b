"""What a person has forgotten: nothing they did before speaks for what they like, and what they have stays known."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, insert, update

from composer.decide.signals import own_clicks
from composer.domain.audience import Audience
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign
from composer.domain.content import ContentModule, Layout, Library, Slot
from composer.domain.moment import Moment
from composer.store.audience import load_audience
from composer.store.choices import save_reset
from composer.store.engine import reading, writing
from composer.store.history import load_history
from composer.store.tables import EventRow, ImpressionRow, OrderRow, RecipientRow
from composer.store.upsert import defaults

from ._people import DAY, NOW, grant, put, world

LIBRARY = Library(
    modules=(
        ContentModule("tips/brew", "tips", "g", ("en",), variants=("plain", "technical"), interests=("category:coffee",)),
        ContentModule("tips/cups", "tips", "h", ("en",), interests=("product:P1",)),
    ),
    layouts={"newsletter": Layout("newsletter", (Slot("hero"),))},
)
COFFEE, P1 = (LIBRARY.interests.index(name) for name in ("category:coffee", "product:P1"))
MOMENT = Moment(as_of=NOW, now=NOW, key="weekly@x")
SHOWN = {"module": "tips/brew", "variant": "plain", "source": "ranked", "score": 0.1, "probability": 1.0, "shown_at": NOW - 7 * DAY}
LIKINGS = (
    *("bought", "bought_decayed", "bought_first_age", "order_days", "order_days_decayed", "viewed_age", "clicked"),
    *("tone_clicked", "tone_expected", "opening_clicked", "opening_expected"),
)
FACTS = ("bought_age", "returned_age", "ordered_age", "complained_age", "shown", "shown_age", "letters_since", "consented", "sent_lately")


def load(db: Connection, *numbers: int) -> Audience:
    return load_audience(db, LIBRARY, Campaign("weekly"), MOMENT, numbers, "en", "UTC")


def columns(audience: Audience, names: tuple[str, ...], row: int = 0) -> dict[str, Any]:
    return {name: getattr(audience, name)[row].tolist() for name in names}


def everything(db: Connection) -> None:
    """Ann has bought, returned, looked, been shown a tone and clicked in it, all before today."""
    world(db)
    put(db, EventRow, event_id="r1", recipient=1, kind="return", occurred_at=NOW - 2 * DAY, product=1)
    db.execute(update(ImpressionRow).values(variant="technical", clicked_at=NOW - 6 * DAY))


def test_what_was_liked_is_forgotten_and_what_is_held_stays_known(engine: Engine) -> None:
    with writing(engine) as db:
        everything(db)
        before, stranger = load(db, 1), load(db, 2)
        save_reset(db, 1, NOW - DAY)
        after = load(db, 1)
    assert columns(before, LIKINGS) != columns(stranger, LIKINGS)
    assert columns(after, LIKINGS) == columns(stranger, LIKINGS)
    assert columns(after, FACTS) == columns(before, FACTS)
    assert after.bought_age[0].tolist() == [3, 3]
    assert after.shown[0].tolist() == after.forgotten[0].tolist() == [1, 0]
    assert before.forgotten[0].tolist() == [0, 0]


def test_what_is_done_afterwards_counts_as_always(engine: Engine) -> None:
    with writing(engine) as db:
        everything(db)
        save_reset(db, 1, NOW - 4 * DAY)
        audience = load(db, 1)
    assert audience.bought[0].tolist() == [1, 1]
    assert audience.viewed_age[0, COFFEE] == 2
    assert audience.clicked[0].tolist() == [0, 0]


def test_forgetting_changes_nobody_elses_columns(engine: Engine) -> None:
    with writing(engine) as db:
        everything(db)
        db.execute(update(RecipientRow).where(RecipientRow.number == 2).values(reset_at=NOW))  # type: ignore[arg-type]
        together = load(db, 1, 2)
        assert columns(together, (*LIKINGS, *FACTS), 0) == columns(load(db, 1), (*LIKINGS, *FACTS))


def test_forgetting_again_with_a_clock_that_stepped_back_revives_nothing(engine: Engine) -> None:
    with writing(engine) as db:
        everything(db)
        save_reset(db, 1, NOW)
        save_reset(db, 1, NOW - 30 * DAY)
        assert load(db, 1).bought[0].tolist() == [0, 0]


def test_everybody_behind_the_address_is_forgotten(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        db.execute(update(RecipientRow).values(address_key="one mailbox"))
        put(db, OrderRow, order_id="o2", recipient=2, product=1, ordered_at=NOW - DAY)
        save_reset(db, 1, NOW)
        assert load(db, 2).bought[0, COFFEE] == 0


@pytest.mark.parametrize(("forgotten", "purchases", "impressions"), [(False, 2, 1), (True, 0, 0)])
def test_nothing_is_learnt_for_others_from_what_was_forgotten(engine: Engine, forgotten: bool, purchases: int, impressions: int) -> None:
    with writing(engine) as db:
        everything(db)
        if forgotten:
            save_reset(db, 1, NOW)
    with reading(engine) as db:
        history = load_history(db, LIBRARY, (), NOW)
    assert (len(history.buyer), len(history.order_buyer), len(history.clicked)) == (purchases, purchases // 2, impressions)


def test_of_many_people_each_keeps_their_own_time(engine: Engine) -> None:
    """More than are read at once, in a batch with gaps between the row numbers."""
    count = 2_100
    with writing(engine) as db:
        world(db)
        row = {**defaults(RecipientRow), "draw_key": 0}
        more = [{**row, "recipient_id": f"p{i}", "address": f"p{i}@example.com", "address_key": f"k{i}"} for i in range(count)]
        db.execute(insert(RecipientRow), more)
        numbers = list(range(3, 3 + count))
        order = {**defaults(OrderRow), "product": 1, "ordered_at": NOW - 3 * DAY}
        db.execute(insert(OrderRow), [{**order, "order_id": f"o{n}", "recipient": n} for n in numbers])
        db.execute(update(RecipientRow).where(RecipientRow.number % 2 == 0, RecipientRow.number > 2).values(reset_at=NOW))  # type: ignore[operator,arg-type]
        audience = load(db, *numbers)
    assert audience.bought[:, COFFEE].tolist() == [float(n % 2) for n in numbers]
    assert set(audience.bought_age[:, COFFEE].tolist()) == {3.0}
    assert math.isinf(audience.bought_first_age[1, COFFEE])


def test_what_was_shown_in_vain_before_is_no_dislike_any_more(engine: Engine) -> None:
    """Our log of what was shown stays, for cool-downs; the reader's click rate starts with what is shown from now on."""
    with writing(engine) as db:
        world(db)
        grant(db, 2, "profiling", "clicks")
        db.execute(delete(EventRow))
        for position in range(2, 12):
            put(db, ImpressionRow, outbox=1, recipient=1, position=position, **SHOWN)
        ignored, stranger = (own_clicks.value(load(db, n), LIBRARY, MOMENT, Beliefs())[0, 0] for n in (1, 2))
        save_reset(db, 1, NOW)
        forgotten = own_clicks.value(load(db, 1), LIBRARY, MOMENT, Beliefs())[0, 0]
        assert load(db, 1).shown[0, 0] == 11
    assert ignored < stranger == forgotten
