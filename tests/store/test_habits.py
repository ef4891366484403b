"""What the store tells of words: clicks by tone and opening, what was to be expected, and the words each block was shown with."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, Engine

from composer.domain.audience import Audience
from composer.domain.campaign import Campaign
from composer.domain.content import Library
from composer.domain.moment import Moment
from composer.store.audience import load_audience
from composer.store.engine import reading, writing
from composer.store.history import load_history
from composer.store.tables import CampaignRow, EditionRow, EventRow, ImpressionRow, OrderRow, OutboxRow, ProductRow
from tests.decide._worlds import LETTER, VOICES, module, worded

from ._people import DAY, NOW, grant, put, save

LIBRARY = Library((module("story/a", **worded("a")), module("story/b", **worded("b"))), {"newsletter": LETTER}, "words", VOICES)
PLAIN, BUSINESS, TECHNICAL = range(3)


def load(db: Connection, *numbers: int, now=NOW) -> Audience:
    return load_audience(db, LIBRARY, Campaign("weekly"), Moment(NOW, now, "weekly@x"), numbers, "en", "UTC")


def shown(db: Connection, recipient: int, week: int, *blocks: tuple[str, str, float, bool], opening: str = "plain") -> None:
    """A letter of `week` weeks ago: (module, variant, score, clicked) each."""
    number = recipient * 100 + week
    put(db, OutboxRow, number=number, edition=week, recipient=recipient, state="accepted", message_id=f"<{number}@example.com>")
    for position, (name, variant, score, clicked) in enumerate(blocks, 1):
        at = NOW - 7 * week * DAY
        words = {"variant": variant, "tone": "technical", "tone_probability": 0.9, "opening": opening, "opening_probability": 0.05}
        values = {"module": name, "position": position, "source": "ranked", "score": score, "probability": 1.0, "call": "new"}
        put(db, ImpressionRow, outbox=number, recipient=recipient, shown_at=at, clicked_at=at + DAY if clicked else None, **words, **values)


@pytest.fixture
def told(engine: Engine) -> Engine:
    with writing(engine) as db:
        for number in (1, 2, 3):
            save(db, {"recipient_id": str(number), "address": f"{number}@example.com", "level": "premium"})
            grant(db, number, "letters", "profiling", "clicks")
        put(db, CampaignRow, number=1, name="weekly", created_at=NOW - 99 * DAY)
        for week in (1, 2, 3):
            put(db, EditionRow, number=week, campaign=1, scheduled=NOW - 7 * week * DAY, state="approved")
        shown(db, 1, 1, ("story/a", "technical", 0.123457, True), ("story/b", "plain", 0.1, False), opening="question")
        shown(db, 1, 2, ("story/a", "technical", 0.2, False), ("story/gone", "odd", 0.5, True))
        shown(db, 1, 3, ("story/a", "technical", 0.000001, True))
        shown(db, 2, 1, ("story/b", "plain", 0.3, True))
    return engine


def test_clicks_by_tone_and_by_opening_and_what_was_to_be_expected(told: Engine) -> None:
    with reading(told) as db:
        audience = load(db, 2, 1, 3)
    assert LIBRARY.tones == ("plain", "business", "technical")
    assert LIBRARY.openings == ("plain", "business", "question", "technical")
    assert audience.tone_clicked.tolist() == [[1, 0, 0], [0, 0, 2], [0, 0, 0]]
    assert audience.tone_expected[1].tolist() == pytest.approx([0.1, 0, 0.323458])
    assert audience.opening_clicked.tolist() == [[1, 0, 0, 0], [2, 0, 1, 0], [0, 0, 0, 0]]
    assert audience.opening_expected[1].tolist() == pytest.approx([0.700001, 0, 0.223457, 0])


def test_the_columns_are_the_same_whoever_else_is_asked_about(told: Engine) -> None:
    with reading(told) as db:
        alone, together = load(db, 1), load(db, 3, 2, 1)
    for name in ("tone_clicked", "tone_expected", "opening_clicked", "opening_expected"):
        assert getattr(alone, name)[0].tobytes() == getattr(together, name)[2].tobytes()


def test_a_click_after_the_moment_is_not_seen(told: Engine) -> None:
    with reading(told) as db:
        audience = load(db, 1, now=NOW - timedelta(days=6, hours=1))
    assert audience.tone_clicked.tolist() == [[0, 0, 1]]
    assert audience.tone_expected[0, TECHNICAL] == pytest.approx(0.323458)


def test_history_holds_the_words_of_every_block(told: Engine) -> None:
    with reading(told) as db:
        history = load_history(db, LIBRARY, (), NOW)
    assert len(set(history.letter.tolist())) == 4
    assert set(history.tone.tolist()) == {TECHNICAL}
    assert set(np.round(history.tone_probability, 6).tolist()) == {np.float32(0.9)}
    assert sorted(history.opening.tolist()) == [0, 0, 0, 2, 2]
    assert set(history.opening_probability.tolist()) == {np.float32(0.05)}
    assert sorted(history.score.tolist()) == pytest.approx([0.000001, 0.1, 0.123457, 0.2, 0.3])


def test_the_last_order_and_the_last_complaint_of_anything(told: Engine) -> None:
    with writing(told) as db:
        put(db, ProductRow, number=1, product_id="no module knows it")
        for age in (30, 5):
            put(db, OrderRow, order_id=f"o{age}", recipient=1, product=1, ordered_at=NOW - age * DAY, quantity=1.0)
        put(db, EventRow, event_id="c", recipient=1, kind="complaint", occurred_at=NOW - 4 * DAY)
        put(db, OrderRow, order_id="back", recipient=2, product=1, ordered_at=NOW - 9 * DAY, quantity=-1.0)
    with reading(told) as db:
        audience = load(db, 1, 2, 3)
    assert audience.ordered_age.tolist() == [5, math.inf, math.inf]
    assert audience.complained_age.tolist() == [4, 9, math.inf]
