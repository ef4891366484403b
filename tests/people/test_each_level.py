"""The same full history at each level: what may not be read changes nothing in the letter."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from sqlalchemy import Engine

from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.store.engine import writing
from composer.store.tables import EventRow, OrderRow
from tests.decide._worlds import NOW
from tests.people._stored import DAY, Deed, decided, settle, sound_letter
from tests.store._people import put

ORDERS = [(3, NOW - (4 + 7 * n) * DAY, 1.0) for n in range(30)]
DEEDS = [Deed("clicked", NOW - 8 * DAY, module="category/c04"), Deed("view", NOW - 2 * DAY, 5), Deed("return", NOW - 9 * DAY, 6)]


def told(letter: Newsletter) -> list[tuple[object, ...]]:
    return [astuple(block) for block in letter.blocks]


@pytest.mark.parametrize("level", list(Level))
def test_a_full_history_makes_a_sound_letter(engine: Engine, level: Level) -> None:
    settle(engine, ORDERS, DEEDS, level=level.name)
    letter = sound_letter(decided(engine))
    assert letter.level == level
    bought = any("C03" in str(reason) for block in letter.blocks for reason in block.reasons)
    assert bought == (level >= Level.standard)


@pytest.mark.parametrize(("level", "kept"), [(Level.none, ()), (Level.basic, ()), (Level.standard, ("orders",))])
def test_what_is_forbidden_changes_no_block(engine: Engine, level: Level, kept: tuple[str, ...]) -> None:
    settle(engine, ORDERS if kept else [], [deed for deed in DEEDS if kept and deed.kind == "return"], level=level.name)
    without = told(sound_letter(decided(engine)))
    with_all = _again(engine, level)
    assert with_all == without


def _again(engine: Engine, level: Level) -> list[tuple[object, ...]]:
    """The same person with the whole history added."""
    with writing(engine) as db:
        if level < Level.standard:
            for n, (category, at, quantity) in enumerate(ORDERS):
                put(db, OrderRow, order_id=f"a{n}", recipient=1, product=category + 1, ordered_at=at, quantity=quantity)
        for n, deed in enumerate(DEEDS):
            if level < Level.standard or deed.kind != "return":
                product = deed.about + 1 if deed.about >= 0 else None
                put(db, EventRow, event_id=f"a{n}", recipient=1, kind=deed.kind, occurred_at=deed.at, product=product, module=deed.module)
    return told(sound_letter(decided(engine)))


def test_the_lower_of_choice_and_consents_holds(engine: Engine) -> None:
    settle(engine, ORDERS, DEEDS, purposes=("letters", "profiling"), level="premium")
    assert sound_letter(decided(engine)).level == Level.standard
