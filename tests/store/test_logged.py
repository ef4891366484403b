"""Logged letters as the store reads them, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from composer.domain.level import Level
from composer.domain.newsletter import Block, ExplorationLog, Newsletter
from composer.domain.reasons import Arm, Source
from composer.store.decisions import dump_newsletter
from composer.store.engine import reading, writing
from composer.store.logged import UNEXPLORED, UNREADABLE, load_logged
from composer.store.tables import CampaignRow, EditionRow, ImpressionRow, OutboxRow

from ._people import DAY, NOW, grant, put, save


def decision(number: int, explored: int, epsilon: float = 0.4) -> str:
    """A letter with a pinned notice and two open blocks; the pool has two candidates."""
    base, pool = ("notice", "a", "b"), ("c", "d")
    chance = [1.0, 1 - epsilon / 2, 1 - epsilon / 2]
    modules = list(base)
    if explored:
        modules[explored - 1], chance[explored - 1] = "d", epsilon / 4
    blocks = tuple(Block(name, "plain", i + 1, "s", Source.ranked, 0.1, chance[i]) for i, name in enumerate(modules))
    steps = tuple((i * 2**14, 2**16 - i) for i in range(5)) if epsilon else ()
    log = ExplorationLog("greedy-1", "prior", epsilon, base, pool, (*base, *pool), 2, explored, ("one", "two") if epsilon else (), steps)
    words = {"language": "en", "layout": "newsletter", "subject": "s", "preheader": "p", "hour_reasons": ()}
    letter = Newsletter(f"r{number}", number, "weekly@x", Arm.personal, Level.premium, blocks=blocks, send_at=NOW, log=log, **words)
    return dump_newsletter(letter)


@pytest.fixture
def told(engine: Engine) -> Engine:
    with writing(engine) as db:
        for number in (1, 2, 3, 4):
            save(db, {"recipient_id": f"r{number}", "address": f"{number}@example.com", "level": "premium"})
            grant(db, number, "letters", "profiling", *(["clicks"] if number != 3 else []))
        for campaign in (1, 2):
            put(db, CampaignRow, number=campaign, name=f"c{campaign}", created_at=NOW - 99 * DAY)
            put(db, EditionRow, number=campaign, campaign=campaign, scheduled=NOW - 7 * DAY, state="finished")
        for letter, (edition, recipient, explored, epsilon) in enumerate(
            [(1, 1, 0, 0.4), (1, 2, 3, 0.4), (1, 3, 0, 0.4), (1, 4, 0, 0.0), (2, 1, 0, 0.4)], 1
        ):
            keys = {"edition": edition, "recipient": recipient, "state": "accepted", "frozen": True, "level": "premium"}
            text = decision(recipient, explored, epsilon)
            put(db, OutboxRow, number=letter, message_id=f"<{letter}@x>", accepted_at=NOW - letter * DAY, decision=text, **keys)
            for position in (1, 2, 3):
                clicked = NOW if position == letter else None
                shown = {"module": "m", "variant": "plain", "position": position, "source": "ranked", "score": 0.1, "probability": 1.0}
                put(db, ImpressionRow, outbox=letter, recipient=recipient, shown_at=NOW - DAY, clicked_at=clicked, **shown)
    return engine


def test_columns_are_what_was_decided_and_clicked(told: Engine) -> None:
    with reading(told) as db:
        logged = load_logged(db, campaign=1)
    letters = logged.letters
    assert letters.recipient.tolist() == [2, 1]  # the newest first
    assert letters.modules == ("a", "b", "c", "d", "notice")
    assert letters.module.tolist() == [[4, 0, 1, 2, 3]] * 2
    assert letters.open.tolist() == [[False, True, True]] * 2
    assert letters.shown.tolist() == [[0, 1, 4], [0, 1, 2]]
    assert letters.clicked.tolist() == [[False, True, False], [True, False, False]]
    assert letters.epsilon.tolist() == [0.4, 0.4]
    assert letters.values[0].tolist() == [[i / 4, 1 - i / 2**16] for i in range(5)]
    assert logged.layout.words == ("newsletter",)
    assert logged.left_out == {UNREADABLE: 1, UNEXPLORED: 1}


def test_a_campaign_and_a_time_can_be_asked_for(told: Engine) -> None:
    with reading(told) as db:
        assert len(load_logged(db).letters) == 3
        assert load_logged(db, campaign=2).letters.recipient.tolist() == [1]
        since = load_logged(db, since=NOW - 2 * DAY + timedelta(hours=1))
        assert since.letters.recipient.tolist() == [1]
        assert len(load_logged(db, campaign=7).letters) == 0


def test_letters_with_other_signals_and_other_lengths_stand_side_by_side(told: Engine) -> None:
    short = decision(1, 0).replace('"signals":["one","two"]', '"signals":["two","zero"]').replace('"pool":["c","d"]', '"pool":["c"]')
    with writing(told) as db:
        db.execute(OutboxRow.__table__.update().where(OutboxRow.__table__.c.number == 5).values(decision=_without_last_step(short)))  # type: ignore[attr-defined]
    with reading(told) as db:
        letters = load_logged(db).letters
    assert letters.signals == ("one", "two", "zero")
    newest = letters.values[0]
    assert newest[:4].tolist() == [[0, i / 4, 1 - i / 2**16] for i in range(4)]
    assert letters.module[0].tolist()[4] == -1
    assert letters.values[1, :, 2].tolist() == [0] * 5


def _without_last_step(text: str) -> str:
    start, _, end = text.rpartition(",[")
    return start + end[end.index("]") + 1 :]
