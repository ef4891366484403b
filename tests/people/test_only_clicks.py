"""Somebody who never bought anything and follows links."""

from __future__ import annotations

from sqlalchemy import Engine

from composer.domain.sentence import say
from tests.decide._worlds import NOW
from tests.people._stored import DAY, Deed, decided, settle, sound_letter

CLICKS = [Deed("clicked", NOW - (8 + 7 * n) * DAY, module="category/c03") for n in range(8)]
FOLLOWED = say("You followed links on this subject in earlier letters.")


def test_clicks_alone_make_a_letter_on_their_subject(engine: Engine) -> None:
    settle(engine, deeds=CLICKS)
    letter = sound_letter(decided(engine))
    groups = {f"category/c{c:02}" for c in range(3, 47, 6)}
    assert letter.blocks[0].module in groups
    assert FOLLOWED in letter.blocks[0].reasons


def test_without_consent_to_clicks_they_are_not_read(engine: Engine) -> None:
    settle(engine, deeds=CLICKS, purposes=("letters", "profiling"))
    batch = decided(engine)
    assert not batch.audience.clicked.any()
    assert not any(FOLLOWED in block.reasons for block in sound_letter(batch).blocks)


def test_clicks_on_modules_that_are_gone_harm_nobody(engine: Engine) -> None:
    settle(engine, deeds=[Deed("clicked", NOW - DAY, module="guide/no-more"), Deed("clicked", NOW - DAY)])
    sound_letter(decided(engine))
