"""The columns of the audience: right by hand, and the same whoever else is in the batch."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from composer.domain.audience import Audience, Codes
from composer.domain.campaign import Campaign, Cap
from composer.domain.consent import State
from composer.domain.content import ContentModule, Layout, Library, Slot
from composer.domain.level import Level, level_in_force
from composer.domain.moment import Moment
from composer.store.audience import audience_pages, find_twins, load_audience
from composer.store.consents import granted, suppress
from composer.store.engine import reading, writing
from composer.store.privacy import erase
from composer.store.recipients import address_key, draw_key
from composer.store.tables import EventRow, OrderRow, ProductRow

from ._people import DAY, KEY, NOW, grant, put, save, world

LIBRARY = Library(
    modules=(
        ContentModule("tips/brew", "tips", "g", ("en", "fi"), topics=("wine",), interests=("category:coffee",)),
        ContentModule("tips/cups", "tips", "g", ("en", "fi"), interests=("product:P1", "category:cups")),
    ),
    layouts={"newsletter": Layout("newsletter", (Slot("hero"),), languages=("en", "fi"))},
)
COFFEE, CUPS, P1 = (LIBRARY.interests.index(name) for name in ("category:coffee", "category:cups", "product:P1"))
WEEKLY = Campaign("weekly", cap=Cap(1, timedelta(days=8)))
MOMENT = Moment(as_of=NOW, now=NOW, key="weekly@x")


def load(db: Connection, *numbers: int, campaign: Campaign = WEEKLY, moment: Moment = MOMENT, **options: Any) -> Audience:
    return load_audience(db, LIBRARY, campaign, moment, numbers, "en", "Asia/Tokyo", **options)


def test_one_known_person_column_by_column(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        audience = load(db, 1)
    assert audience.number.tolist() == [1]
    assert audience.recipient_id.tolist() == ["customer-ann"]
    assert audience.address.tolist() == ["ann.personal@example.com"]
    assert audience.draw_key.tolist() == [draw_key("customer-ann") % 2**64]
    assert audience.level.tolist() == [Level.premium]
    assert (audience.consented.tolist(), audience.suppressed.tolist(), audience.duplicate.tolist()) == ([True], [False], [False])
    assert audience.sent_lately.tolist() == [1]
    assert audience.shown.tolist() == [[1, 0]]
    assert audience.shown_age.tolist() == [[7, math.inf]]
    assert (audience.language.word(0), audience.time_zone.word(0)) == ("en", "Europe/Helsinki")
    assert (audience.role.word(0), audience.region.word(0), audience.stage.word(0)) == ("role-secret", "region-secret", "use")
    assert audience.bought[0, [COFFEE, CUPS, P1]].tolist() == [1, 0, 1]
    assert audience.bought_age[0, [COFFEE, CUPS]].tolist() == [3, math.inf]
    assert audience.bought_decayed[0, COFFEE] == pytest.approx(2 ** (-3 / 28))
    assert audience.order_days.tolist() == [1]
    assert (audience.ordered_age.tolist(), audience.complained_age.tolist()) == ([3], [math.inf])
    assert audience.viewed_age[0, COFFEE] == 2
    assert audience.returned_age[0, COFFEE] == math.inf
    assert audience.clicked.tolist() == [[1, 0]]


def test_every_column_has_its_type(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        for audience in (load(db, 1, 2), load(db)):
            found = {
                f.name: getattr(audience, f.name).dtype.name for f in fields(audience) if not isinstance(getattr(audience, f.name), Codes)
            }
            floats = {
                "shown_age",
                "elsewhere_age",
                "bought",
                "bought_decayed",
                "bought_age",
                "bought_first_age",
                "order_days_decayed",
                "order_days",
                "returned_age",
                "clicked",
                "viewed_age",
                "ordered_age",
                "complained_age",
                "tone_clicked",
                "tone_expected",
                "opening_clicked",
                "opening_expected",
            }
            assert {name for name, kind in found.items() if kind == "float32"} == floats
            assert found["draw_key"] == "uint64"
            assert found["asked"] == "int8"
            assert found["letter_at"] == found["paused_until"] == "int64"
            assert found["restricted"] == "bool"
            assert found["shown"] == found["sent_lately"] == found["letters_since"] == "int16"


def test_numbers_of_nobody_are_an_error(engine: Engine) -> None:
    with writing(engine) as db, pytest.raises(KeyError):
        load(db, 99)


def test_the_effective_level_is_what_choice_and_consents_allow(engine: Engine) -> None:
    with writing(engine) as db:
        for number, (level, purposes) in enumerate(
            [
                ("premium", ()),
                ("premium", ("profiling",)),
                ("premium", ("profiling", "clicks")),
                ("none", ("profiling", "clicks")),
                ("standard", ("profiling", "clicks")),
                ("", ("clicks",)),
            ],
            1,
        ):
            save(db, {"recipient_id": str(number), "address": f"{number}@example.com", "level": level})
            grant(db, number, *purposes)
        assert load(db, *range(1, 7)).level.tolist() == [1, 2, 3, 0, 2, 0]
        assert load(db, *range(1, 7), at_most=Level.basic).level.tolist() == [1, 1, 1, 0, 1, 0]


def test_a_country_says_nothing_about_the_zone_of_people_at_level_none(engine: Engine) -> None:
    with writing(engine) as db:
        save(
            db,
            {"recipient_id": "1", "address": "1@example.com", "country": "FI", "level": "none", "time_zone": ""},
            {"recipient_id": "2", "address": "2@example.com", "country": "FI", "level": "basic", "time_zone": ""},
            {"recipient_id": "3", "address": "3@example.com", "country": "US", "level": "basic", "time_zone": ""},
            {"recipient_id": "4", "address": "4@example.com", "country": "FI", "level": "none", "time_zone": "Europe/Paris"},
        )
        zones = load(db, 1, 2, 3, 4).time_zone
    assert [zones.word(r) for r in range(4)] == ["Asia/Tokyo", "Europe/Helsinki", "Asia/Tokyo", "Europe/Paris"]


def test_a_language_the_layout_lacks_gives_way_to_its_base_and_then_to_the_default(engine: Engine) -> None:
    with writing(engine) as db:
        for number, language in enumerate(["fi-FI", "", "sv", "en"], 1):
            save(db, {"recipient_id": str(number), "address": f"{number}@example.com", "language": language})
        languages = load(db, 1, 2, 3, 4).language
    assert [languages.word(r) for r in range(4)] == ["fi", "en", "en", "en"]


def test_a_topic_is_declared_in_the_profile_or_by_signing_up(engine: Engine) -> None:
    with writing(engine) as db:
        for number, topics in enumerate(["wine, tea", "tea", ""], 1):
            save(db, {"recipient_id": str(number), "address": f"{number}@example.com", "topics": topics})
        grant(db, 3, "topic:wine")
        assert load(db, 1, 2, 3).topics.tolist() == [[True], [False], [True]]


def test_consent_is_that_of_the_campaigns_list(engine: Engine) -> None:
    with writing(engine) as db:
        save(db, {"recipient_id": "1", "address": "1@example.com"})
        grant(db, 1, "topic:wine")
        assert load(db, 1).consented.tolist() == [False]
        assert load(db, 1, campaign=Campaign("w", list="topic:wine")).consented.tolist() == [True]


def test_only_later_rows_of_an_address_with_consent_are_duplicates(engine: Engine) -> None:
    with writing(engine) as db:
        for number in range(1, 5):
            save(db, {"recipient_id": str(number), "address": f"{'A' if number % 2 else 'a'}nn@example.com", "country": "FI"})
        grant(db, 2, "letters")
        grant(db, 3, "letters")
        assert load(db, 1, 2, 3, 4).duplicate.tolist() == [False, False, True, True]
        assert load(db, 3).duplicate.tolist() == [True]
        save(db, {"recipient_id": "2", "address": "ann@example.com", "country": "SE"})
        assert load(db, 3, campaign=Campaign("w", audience={"country": ("FI",)})).duplicate.tolist() == [False]


def test_twins_that_were_found_beforehand_are_the_same_twins(engine: Engine) -> None:
    with writing(engine) as db:
        for number, name in enumerate(["ann", "bo", "Ann", "cy", "ann", "bo"], 1):
            save(db, {"recipient_id": str(number), "address": f"{name}@example.com"})
            if number != 1:
                grant(db, number, "letters")
        erase(db, 4, KEY, NOW)
        twins = find_twins(db)
        assert twins.tolist() == [3, 5, 6]
        numbers = (1, 2, 3, 5, 6)
        expected = [False, False, False, True, True]  # the first who consented gets the letter
        assert load(db, *numbers).duplicate.tolist() == load(db, *numbers, twins=twins).duplicate.tolist() == expected


def test_a_suppressed_address_is_suppressed_under_every_id(engine: Engine) -> None:
    with writing(engine) as db:
        save(
            db,
            {"recipient_id": "1", "address": "ann@example.com"},
            {"recipient_id": "2", "address": "Ann@Example.com"},
            {"recipient_id": "3", "address": "bo@example.com"},
        )
        suppress(db, address_key(KEY, "ann@example.com"), "bounce", NOW)
        assert load(db, 1, 2, 3).suppressed.tolist() == [True, True, False]


def test_what_comes_after_now_is_not_seen_and_ages_are_never_negative(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        early = load(db, 1, moment=Moment(as_of=NOW, now=NOW - 30 * DAY, key="k"))
        assert [getattr(early, name).sum() for name in ("bought", "order_days", "shown", "clicked", "sent_lately")] == [0] * 5
        assert np.isinf(early.viewed_age).all()
        behind = load(db, 1, moment=Moment(as_of=NOW - 30 * DAY, now=NOW, key="k"))
        assert behind.bought_age[0, COFFEE] == behind.shown_age[0, 0] == behind.viewed_age[0, COFFEE] == 0


def test_quantity_0_counts_as_bought_and_below_is_a_return(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        put(db, OrderRow, order_id="z", recipient=2, product=1, ordered_at=NOW - 2 * DAY, quantity=0.0)
        assert load(db, 2).bought_age[0, COFFEE] == 2
        put(db, OrderRow, order_id="y", recipient=2, product=1, ordered_at=NOW - DAY, quantity=-1.0)
        audience = load(db, 2)
    assert audience.bought_age[0, COFFEE] == 2
    assert audience.returned_age[0, COFFEE] == 1


def test_orders_of_one_day_are_one_order_day(engine: Engine) -> None:
    with writing(engine) as db:
        world(db)
        for hour in (1, 5, 9):
            put(db, OrderRow, order_id=f"h{hour}", recipient=2, product=1, ordered_at=datetime(2026, 2, 1, hour, tzinfo=UTC))
        put(db, EventRow, event_id="p", recipient=2, kind="purchase", occurred_at=datetime(2026, 2, 3, tzinfo=UTC), product=1)
        audience = load(db, 2)
    assert audience.bought[0, COFFEE] == 2
    assert audience.order_days.tolist() == [2]


def test_pages_are_the_audience_in_row_order_without_the_erased(engine: Engine) -> None:
    with writing(engine) as db:
        for number, country in enumerate(["FI", "SE", "FI", "FI", "SE"], 1):
            save(db, {"recipient_id": str(number), "address": f"{number}@example.com", "country": country, "language": "en-GB"})
        erase(db, 3, KEY, NOW)
    with reading(engine) as db:
        assert list(audience_pages(db, WEEKLY, size=2)) == [[1, 2], [4, 5]]
        assert list(audience_pages(db, Campaign("w", audience={"country": ("FI",)}), size=1)) == [[1], [4]]
        assert list(audience_pages(db, Campaign("w", audience={"language": ("en",), "country": ("SE", "NO")}))) == [[2, 5]]
        assert list(audience_pages(db, Campaign("w", audience={"language": ("e",)}))) == []


times = st.integers(-40 * 24, 24).map(lambda hours: NOW + timedelta(hours=hours))
lines = st.tuples(st.integers(1, 4), st.integers(1, 3), times, st.sampled_from([1.0, 2.0, 0.0, -1.0]))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=st.lists(lines, max_size=25), batch=st.lists(st.integers(1, 4), unique=True, min_size=1, max_size=4))
def test_a_persons_columns_depend_on_nobody_else(sqlite_engine: Engine, orders: list[Any], batch: list[int]) -> None:
    with writing(sqlite_engine) as db:
        save(db, *({"recipient_id": str(n), "address": f"{n}@example.com"} for n in range(1, 5)))
        for number, (product_id, category) in enumerate([("P1", "coffee"), ("P2", "cups"), ("P3", "other")], 1):
            put(db, ProductRow, number=number, product_id=product_id, category=category)
        for i, (recipient, product, at, quantity) in enumerate(orders):
            put(db, OrderRow, order_id=str(i), recipient=recipient, product=product, ordered_at=at, quantity=quantity)
        together = load(db, *batch)
        for r, number in enumerate(batch):
            alone = load(db, number)
            for name in ("bought", "bought_decayed", "bought_age", "order_days", "returned_age"):
                assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[r]), name
            assert np.array_equal(together.bought[r], by_hand(orders, number))
        db.rollback()


def by_hand(orders: list[Any], number: int) -> list[float]:
    """Order days by interest, the slow way."""
    of_product = {1: {COFFEE, P1}, 2: {CUPS}, 3: set[int]()}
    days = {
        (interest, at.date())
        for recipient, product, at, quantity in orders
        if recipient == number and quantity >= 0 and at <= NOW
        for interest in of_product[product]
    }
    return [float(sum(1 for interest, _ in days if interest == column)) for column in range(3)]


def test_a_withdrawn_consent_is_none(engine: Engine) -> None:
    with writing(engine) as db:
        save(db, {"recipient_id": "1", "address": "1@example.com"})
        grant(db, 1, "letters", at=NOW - 2 * DAY)
        grant(db, 1, "letters", state=State.withdrawn, source="unsubscribe")
        grant(db, 1, "letters", at=NOW)
        assert load(db, 1).consented.tolist() == [False]


consent_lines = st.tuples(
    st.integers(1, 3),
    st.sampled_from(["letters", "profiling", "clicks", "opens", "topic:wine", "topic:unheard"]),
    st.sampled_from(State),
    st.sampled_from(["import", "preferences", "signup"]),
    st.integers(0, 3).map(lambda days: NOW - days * DAY),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ledger=st.lists(consent_lines, max_size=14),
    chosen=st.lists(st.sampled_from(["premium", "standard", "none", "odd"]), min_size=3, max_size=3),
)
def test_the_columns_say_of_consents_what_the_ledger_says_line_by_line(sqlite_engine: Engine, ledger: list[Any], chosen: list[str]) -> None:
    with writing(sqlite_engine) as db:
        save(db, *({"recipient_id": str(n), "address": f"{n}@example.com", "level": level} for n, level in enumerate(chosen, 1)))
        for number, purpose, state, source, at in ledger:
            grant(db, number, purpose, state=state, source=source, at=at)
        given_now, audience = granted(db, [1, 2, 3]), load(db, 1, 2, 3)
        for r, number in enumerate((1, 2, 3)):
            purposes = given_now.get(number, frozenset())
            assert audience.consented[r] == ("letters" in purposes)
            assert audience.level[r] == level_in_force(chosen[r], purposes)
            assert audience.topics[r].tolist() == ["topic:wine" in purposes]
        db.rollback()


def test_people_between_those_asked_for_are_left_out(engine: Engine) -> None:
    """A batch is read as a range of row numbers: who stands between must not be counted for anybody."""
    with writing(engine) as db:
        world(db)
        for number in range(3, 9):
            save(db, {"recipient_id": f"x{number}", "address": f"x{number}@example.com"})
        put(db, OrderRow, order_id="b", recipient=4, product=1, ordered_at=NOW - 2 * DAY, quantity=1.0)
        put(db, EventRow, event_id="bv", recipient=4, kind="view", occurred_at=NOW - DAY, product=1)
        grant(db, 4, "letters")
        audience = load(db, 5, 1, 3)
        assert audience.recipient_id.tolist() == ["x5", "customer-ann", "x3"]
        for name in ("bought", "viewed_age", "shown", "clicked", "consented", "sent_lately", "order_days", "level"):
            assert np.array_equal(getattr(audience, name)[1], getattr(load(db, 1), name)[0]), name
            assert np.array_equal(getattr(audience, name)[0], getattr(load(db, 8), name)[0]), name
