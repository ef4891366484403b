"""Wishes in the database: the newest word, taken back, read as a column, carried over a restore."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from composer.domain.asked import LESS, MORE, NOT_AGAIN, NOTHING, Ask, Asked
from composer.store._rows import Rows
from composer.store.asked import keep_wish, read_asked, take_back, wishes_of
from composer.store.backup import backup, restore
from composer.store.engine import reading, writing

from ._people import KEY, NOW, save, world
from .test_audience import LIBRARY

BREW, CUPS = Asked("tips/brew", Ask.less, ("category:coffee",), NOW), Asked("tips/cups", Ask.more, ("product:P1", "category:cups"), NOW)


def test_the_newest_word_about_a_module_is_kept_and_can_be_taken_back(engine: Engine) -> None:
    with writing(engine) as db:
        save(db, *({"recipient_id": str(n), "address": f"{n}@example.com"} for n in (1, 2)))
        for wish in (BREW, CUPS, Asked("tips/brew", Ask.more, (), NOW)):
            keep_wish(db, 1, wish)
        assert wishes_of(db, 1) == [CUPS, Asked("tips/brew", Ask.more, (), NOW)]
        assert wishes_of(db, 2) == []
        assert not take_back(db, 2, "tips/brew")
        assert take_back(db, 1, "tips/brew")
        assert not take_back(db, 1, "tips/brew")
        assert wishes_of(db, 1) == [CUPS]


def test_two_presses_at_once_leave_one_wish(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The later one's look came before the earlier one's row."""
    with writing(engine) as db:
        save(db, {"recipient_id": "1", "address": "1@example.com"})
        keep_wish(db, 1, BREW)
        monkeypatch.setattr("composer.store.asked.take_back", lambda *_: False)
        keep_wish(db, 1, Asked("tips/brew", Ask.more, (), NOW))
        assert wishes_of(db, 1) == [Asked("tips/brew", Ask.more, (), NOW)]


def test_the_column_is_each_ones_own_in_whatever_batch(engine: Engine) -> None:
    with writing(engine) as db:
        save(db, *({"recipient_id": str(n), "address": f"{n}@example.com"} for n in range(1, 60)))
        keep_wish(db, 2, BREW)
        keep_wish(db, 50, CUPS)
        for numbers in ([1, 2, 3], [50, 2], [2, 50]):
            found = dict(zip(numbers, read_asked(db, LIBRARY, Rows(np.array(numbers))).tolist(), strict=True))
            expected = {2: [NOT_AGAIN, NOTHING], 50: [NOTHING, MORE]}
            assert found == {number: expected.get(number, [NOTHING, NOTHING]) for number in numbers}
        assert read_asked(db, LIBRARY, Rows(np.zeros(0, dtype=np.int64))).shape == (0, 2)
        keep_wish(db, 2, Asked("gone/module", Ask.less, ("category:cups",), NOW))
        assert read_asked(db, LIBRARY, Rows(np.array([2]))).tolist() == [[NOT_AGAIN, LESS]]


def test_a_restore_keeps_what_people_wish_now(sqlite_engine: Engine, tmp_path: Path) -> None:
    with writing(sqlite_engine) as db:
        world(db)
        keep_wish(db, 2, BREW)
    backup(sqlite_engine, KEY, tmp_path / "b.zip", NOW)
    later = Asked("tips/cups", Ask.less, (), NOW + timedelta(days=1))
    with writing(sqlite_engine) as db:
        take_back(db, 2, "tips/brew")
        keep_wish(db, 2, later)
    restore(sqlite_engine, KEY, tmp_path / "secret.key", tmp_path / "b.zip")
    with reading(sqlite_engine) as db:
        assert wishes_of(db, 2) == [later]
        assert [wish.module for wish in wishes_of(db, 1)] == ["wish-secret"]
