"""Letters between two showings, what other campaigns showed or have on their way, stock, and conditions: from the database."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection, Engine

from composer.domain.audience import Audience
from composer.domain.campaign import Campaign
from composer.domain.condition import Condition
from composer.domain.content import ContentModule, Layout, Library, Slot
from composer.domain.moment import Moment
from composer.store.audience import load_audience
from composer.store.conditions import end_condition, load_conditions, people_in, report_condition
from composer.store.engine import writing
from composer.store.products import load_stock
from composer.store.tables import CampaignRow, EditionRow, ImpressionRow, OutboxRow, ProductRow

from ._people import DAY, NOW, put, save

LIBRARY = Library(
    modules=(
        ContentModule("tips/brew", "tips", "g", ("en",), rest_letters=2),
        ContentModule("tips/cups", "tips", "g", ("en",), rest_letters=1),
    ),
    layouts={"newsletter": Layout("newsletter", (Slot("hero"),))},
)
OWN = Campaign("weekly", number=1)
MOMENT = Moment(as_of=NOW, now=NOW, key="weekly@x")


def load(db: Connection, *numbers: int, campaign: Campaign = OWN, library: Library = LIBRARY) -> Audience:
    return load_audience(db, library, campaign, MOMENT, numbers, "en", "UTC")


def letter(db: Connection, number: int, campaign: int, recipient: int, days: float, *modules: str) -> None:
    """A letter of the campaign that was accepted so many days ago, with these blocks."""
    at = NOW - timedelta(days=days)
    put(db, EditionRow, number=number, campaign=campaign, scheduled=at)
    put(db, OutboxRow, number=number, edition=number, recipient=recipient, state="accepted", message_id=f"<{number}>", accepted_at=at)
    for position, module in enumerate(modules, 1):
        values = {"outbox": number, "recipient": recipient, "module": module, "position": position, "variant": "plain", "source": "ranked"}
        put(db, ImpressionRow, **values, score=0.1, probability=1.0, shown_at=at)


def three(db: Connection) -> None:
    save(db, *({"recipient_id": f"r{n}", "address": f"r{n}@example.com", "region": "north" if n == 1 else ""} for n in (1, 2, 3)))
    for number, name in ((1, "weekly"), (2, "offers")):
        put(db, CampaignRow, number=number, name=name, created_at=NOW - 90 * DAY)
    letter(db, 1, 1, 1, 20, "tips/brew", "tips/cups")
    letter(db, 2, 1, 1, 15, "tips/cups", "gone/away")
    letter(db, 3, 1, 1, 9, "gone/away")
    letter(db, 4, 2, 2, 6, "tips/brew")
    letter(db, 5, 2, 2, 8, "tips/cups")


def test_letters_are_counted_since_each_module_was_last_shown_also_those_without_any_module_of_today(engine: Engine) -> None:
    with writing(engine) as db:
        three(db)
        assert load(db, 1, 2, 3).letters_since.tolist() == [[2, 1], [0, 1], [32_767, 32_767]]
        assert load(db, 3, 1).letters_since.tolist() == [[32_767, 32_767], [2, 1]]
        easy = replace(LIBRARY, modules=tuple(replace(module, rest_letters=0) for module in LIBRARY.modules))
        assert load(db, 1, library=easy).letters_since.tolist() == [[32_767, 32_767]]


def test_what_another_campaign_showed_within_the_distance_counts_and_nothing_else(engine: Engine) -> None:
    with writing(engine) as db:
        three(db)
        assert load(db, 1, 2).elsewhere_age.tolist() == [[math.inf, math.inf], [6, math.inf]]
        assert load(db, 2, campaign=replace(OWN, number=2)).elsewhere_age.tolist() == [[math.inf, math.inf]]
        assert load(db, 2, campaign=replace(OWN, apart=timedelta(days=9))).elsewhere_age.tolist() == [[6, 8]]
        assert load(db, 2, campaign=replace(OWN, apart=None)).elsewhere_age.tolist() == [[math.inf, math.inf]]


def test_a_letter_of_another_campaign_that_is_on_its_way_counts_as_shown_now(engine: Engine) -> None:
    with writing(engine) as db:
        three(db)
        put(db, EditionRow, number=9, campaign=2, scheduled=NOW)
        decision = '{"blocks": [{"module": "tips/cups"}, {"module": "gone/away"}]}'
        begun = {"edition": 9, "state": "try_later", "frozen": True, "decision": decision}
        put(db, OutboxRow, **begun, number=8, recipient=3, message_id="<a>", due_at=NOW)
        put(db, OutboxRow, **begun, number=9, recipient=1, message_id="<b>", due_at=None)
        assert load(db, 1, 2, 3).elsewhere_age.tolist() == [[math.inf, math.inf], [6, math.inf], [math.inf, 0]]
        assert load(db, 3, campaign=replace(OWN, number=2)).elsewhere_age.tolist() == [[math.inf, math.inf]]


def test_stock_is_what_the_known_products_say(engine: Engine) -> None:
    with writing(engine) as db:
        put(db, ProductRow, product_id="P1", category="cups", in_stock=False)
        put(db, ProductRow, product_id="P2", category="cups", valid_from=NOW, valid_until=NOW + DAY)
        put(db, ProductRow, product_id="P3", category="pans", in_stock=False)
        put(db, ProductRow, product_id="P4", category="pans", in_stock=False, valid_from=NOW)
        put(db, ProductRow, product_id="P5", category="lids", in_stock=True, known=False)
        put(db, ProductRow, product_id="P6", category="lids", in_stock=False)
        names = ("category:cups", "category:forks", "category:lids", "category:pans", "product:P1", "product:P2", "product:P9")
        stock = load_stock(db, names)
        seconds = np.array([(NOW + shift).timestamp() for shift in (-DAY, timedelta(0), DAY)], dtype=np.int64)
    assert stock.had[stock.period(seconds)].tolist() == [
        [False, True, False, False, False, False, True],
        [True, True, False, False, False, True, True],
        [False, True, False, False, False, False, True],
    ]


def test_a_condition_is_reported_moved_and_ended(engine: Engine) -> None:
    storm = Condition("storm", "north", NOW, NOW + DAY)
    with writing(engine) as db:
        three(db)
        report_condition(db, storm, NOW)
        report_condition(db, Condition("storm", "", NOW + DAY), NOW)
        report_condition(db, replace(storm, since=NOW + DAY / 2, until=NOW + 2 * DAY), NOW)
        assert load_conditions(db, NOW) == (Condition("storm", "", NOW + DAY), replace(storm, until=NOW + 2 * DAY))
        assert end_condition(db, "storm", "north", NOW + DAY) == 1
        assert load_conditions(db, NOW + DAY) == (Condition("storm", "", NOW + DAY),)
        assert end_condition(db, "storm", "north", NOW + DAY) == 0
        assert end_condition(db, "storm", None, NOW + DAY) == 1
        assert load_conditions(db, NOW + DAY) == ()
        report_condition(db, replace(storm, since=NOW + 3 * DAY, until=None), NOW + 3 * DAY)
        assert [one.since for one in load_conditions(db, NOW + 3 * DAY)] == [NOW + 3 * DAY]
        assert (people_in(db, "north"), people_in(db, "")) == (1, 3)
