"""Own customers, who never asked, are written to about what is like what they bought, and about nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from composer.decide.redact import redact
from composer.domain.audience import Audience
from composer.domain.consent import Basis, ConsentRow, State
from composer.store.consents import append, has_ground, line_in_force
from composer.store.engine import reading, writing
from composer.store.recipients import key_of
from composer.store.tables import EventRow, OrderRow, ProductRow

from ._people import DAY, NOW, put, save
from .test_audience import load

BREW, CUPS = 0, 1
"""Modules of the library: about coffee; about product P1, which is coffee, and cups."""


def ground(db: Connection, number: int, basis: Basis, days: int = 9, state: State = State.granted) -> None:
    append(db, [(number, ConsentRow("letters", state, "import", NOW - days * DAY, basis, "terms-1", proof="order form"))], NOW)


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Person 1 has no level to speak of; products of two categories, P1 and P3 coffee, P2 tea."""
    with writing(engine) as db:
        save(db, *({"recipient_id": name, "address": f"{name}@example.com", "level": "none"} for name in ("one", "two")))
        for number, (product, category) in enumerate([("P1", "coffee"), ("P2", "tea"), ("P3", "coffee"), ("P4", "")], start=1):
            put(db, ProductRow, number=number, product_id=product, name=product, category=category)
        ground(db, 1, Basis.customer)
        ground(db, 2, Basis.consent)
    return engine


def bought(engine: Engine, product: int, *, days: float = 3, quantity: float = 1.0) -> Audience:
    with writing(engine) as db:
        put(db, OrderRow, order_id=f"o{product}", recipient=1, product=product, ordered_at=NOW - timedelta(days=days), quantity=quantity)
        return redact(load(db, 1, 2))


@pytest.mark.parametrize(("product", "similar"), [(1, [True, True]), (2, [False, False]), (3, [True, True]), (4, [False, False])])
def test_a_customer_is_shown_what_is_like_what_they_bought_at_whatever_level(shop: Engine, product: int, similar: list[bool]) -> None:
    audience = bought(shop, product)
    assert audience.consented.tolist() == [True, True]
    assert audience.similar.tolist() == [similar, [True, True]]  # who consented may be shown everything
    assert [audience.basis.word(r) for r in (0, 1)] == ["customer", "consent"]


def test_who_has_bought_nothing_yet_is_no_customer(shop: Engine) -> None:
    with reading(shop) as db:
        assert load(db, 1, 2).consented.tolist() == [False, True]
    assert bought(shop, 1, days=-2).consented.tolist() == [False, True]  # an order of the day after tomorrow
    assert bought(shop, 3, quantity=-1).consented.tolist() == [False, True]  # a return


def test_a_purchase_told_as_an_event_makes_a_customer(shop: Engine) -> None:
    with writing(shop) as db:
        put(db, EventRow, event_id="e", recipient=1, kind="purchase", occurred_at=NOW - DAY, product=3)
        audience = load(db, 1)
    assert (audience.consented.tolist(), audience.similar.tolist()) == ([True], [[True, True]])


def test_a_customer_who_consents_later_may_be_shown_everything(shop: Engine) -> None:
    bought(shop, 2)
    with writing(shop) as db:
        ground(db, 1, Basis.consent, days=1)
        audience = load(db, 1)
    assert (audience.basis.word(0), audience.similar.tolist()) == ("consent", [[True, True]])


def test_the_line_that_was_in_force_is_found_with_its_proof(shop: Engine) -> None:
    with writing(shop) as db:
        ground(db, 1, Basis.consent, days=5, state=State.withdrawn)
        ground(db, 1, Basis.consent, days=2)
        key = key_of(db, 1)
        found = [line_in_force(db, 1, "letters", NOW - days * DAY) for days in (10, 9, 7, 5, 3, 2, 0)]
        assert [row and row.basis.value for row in found] == [None, "customer", "customer", None, None, "consent", "consent"]
        assert found[1]
        assert (found[1].wording, found[1].proof, found[1].address_key) == ("terms-1", "order form", key)
        assert (has_ground(db, "letters"), has_ground(db, "topic:tea")) == (True, False)
