"""The demo: the real path on made-up people, the same on every run, in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from composer.demo.run import a_letter, demo, outcome, play_week
from composer.errors import ComposerError
from composer.pipeline.check_up import check_up
from composer.store.engine import reading
from tests.conftest import REPOSITORY


def play(folder: Path, weeks: int = 2) -> dict[str, Any]:
    """Play a small demo; return what it came to."""
    with demo(folder, REPOSITORY, 40, 8025) as run:
        for _ in range(weeks):
            play_week(run, lambda _: None)
        with reading(run.app.engine) as db:
            clicked = db.execute(
                text("SELECT o.level FROM impressions i JOIN outbox o ON o.number = i.outbox WHERE clicked_at IS NOT NULL")
            )
            levels = {level for (level,) in clicked}
        return {
            "report": outcome(run),
            "weeks": run.weeks,
            "files": len(list(run.inbox.glob("*.eml"))),
            "letter": a_letter(run),
            "clicked levels": levels,
            "wrong": [line for line in check_up(run.app) if line.ok is False],
        }


def test_every_letter_that_was_accepted_lies_in_the_inbox_and_the_counts_add_up(tmp_path: Path) -> None:
    played = play(tmp_path / "demo")
    accepted = played["report"]["funnel"]["accepted"]
    assert played["files"] == accepted == sum(week.letters for week in played["weeks"]) > 60
    assert not played["wrong"]
    clicks, by_machine = (sum(getattr(week, name) for week in played["weeks"]) for name in ("clicks", "by_machine"))
    assert clicks == sum(module["clicked"] for module in played["report"]["modules"]) > 0
    assert played["report"]["observed"]["clicked"] == {"person": clicks, "machine": by_machine, "proxy": 0}
    assert by_machine > 0
    truth = played["report"]["truth"]
    assert 0 < sum(week["sent"] for week in truth["weeks"]) < sum(week["oracle"] for week in truth["weeks"])
    assert {row["role"] for row in truth["roles"]} <= {"operations", "hr", "finance", "it"}
    assert played["clicked levels"] == {"premium"}
    assert played["letter"] is not None
    assert all(block.reasons for block in played["letter"].blocks)


def test_the_same_demo_plays_the_same(tmp_path: Path) -> None:
    first, second = play(tmp_path / "one"), play(tmp_path / "two")
    assert first["report"] == second["report"]
    assert first["weeks"] == second["weeks"]
    assert first["letter"] == second["letter"]


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with pytest.raises(ComposerError, match="was not made by the demo"), demo(tmp_path, REPOSITORY, 10, 8025):
        pass
    assert precious.read_text() == "mine"
