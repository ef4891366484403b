"""Somebody who buys one thing, again and again, and nothing else."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.decide._worlds import NOW
from tests.people._stored import DAY, decided, lead, removed, settle, sound_letter

WEEKLY = [(3, NOW - (4 + 7 * n) * DAY, 1.0) for n in range(40)]


def test_it_leads_the_letter_and_the_reason_is_said(engine: Engine) -> None:
    settle(engine, orders=WEEKLY)
    letter = sound_letter(decided(engine))
    assert lead(letter) == "category/c03"
    assert any("C03" in str(reason) for reason in letter.blocks[0].reasons)


def test_while_it_is_owned_the_letter_is_about_other_things(engine: Engine) -> None:
    settle(engine, orders=[*WEEKLY, (3, NOW - DAY, 1.0)])
    batch = decided(engine)
    assert removed(batch)["category/c03"] == "owned"
    assert "category/c03" not in {block.module for block in sound_letter(batch).blocks}
