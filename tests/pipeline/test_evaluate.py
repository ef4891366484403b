"""`composer evaluate`: from letters that were sent to a finding, and to a refusal where nobody can tell."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from composer.app import App
from composer.cli import build
from composer.domain.consent import CLICKS, ConsentRow, State
from composer.errors import ComposerError, UsageError
from composer.learn.off_policy import Estimate, Refusal, probabilities
from composer.pipeline.evaluate import SCANNED, evaluate_policy
from composer.store.beliefs import save_beliefs
from composer.store.consents import append
from composer.store.decisions import load_newsletter
from composer.store.engine import reading, writing
from composer.store.logged import OLDER, UNEXPLORED, UNREADABLE, load_logged

from .conftest import NOW, dump


def accepted(app: App) -> list[tuple[int, int, str, str]]:
    with reading(app.engine) as db:
        query = "SELECT o.number, o.recipient, o.level, o.decision FROM outbox o WHERE state = 'accepted' ORDER BY number DESC"
        return [tuple(row) for row in db.execute(text(query))]


def test_the_log_says_what_the_letters_were(sent: App) -> None:
    with reading(sent.engine) as db:
        logged = load_logged(db)
    letters = logged.letters
    premium = [load_newsletter(decision) for _, _, level, decision in accepted(sent) if level == "premium"]
    explored = [letter for letter in premium if letter.log and letter.log.epsilon]
    assert len(letters) == len(explored) > 100
    assert logged.left_out[UNEXPLORED] == len(premium) - len(explored) > 10
    assert logged.left_out[UNREADABLE] == len(accepted(sent)) - len(premium) > 10
    chance = probabilities(letters, letters.shown)
    for i, letter in enumerate(explored):
        columns = letters.shown[i][letters.shown[i] >= 0]
        assert [letters.modules[letters.module[i, column]] for column in columns] == [block.module for block in letter.blocks]
        assert chance[i, : len(columns)].tolist() == pytest.approx([block.probability for block in letter.blocks], abs=1e-12)
        for block, column in zip(letter.blocks, columns, strict=True):
            assert dict(zip(letters.signals, letters.values[i, column].tolist(), strict=True)) == pytest.approx(dict(block.values))
    with reading(sent.engine) as db:
        clicks = db.execute(
            text("SELECT count(*) FROM impressions i JOIN outbox o ON o.number = i.outbox WHERE clicked_at > 0 AND level = 'premium'")
        )
        unexplored = db.execute(
            text(
                "SELECT count(*) FROM impressions i JOIN outbox o ON o.number = i.outbox JOIN editions e ON e.number = o.edition "
                "JOIN campaigns c ON c.number = e.campaign WHERE clicked_at > 0 AND level = 'premium' AND c.name = 'week-0'"
            )
        )
        assert letters.clicked.sum() == clicks.scalar_one() - unexplored.scalar_one()


def test_the_policy_that_decided_would_decide_the_same_again(sent: App) -> None:
    """Everything needed to re-rank is in the frozen decision: with the beliefs it names, its own slate comes out of it."""
    version = load_newsletter(accepted(sent)[0][3]).log.beliefs  # type: ignore[union-attr]
    for policy in ("logged", "current", f"beliefs:{version}"):
        found = evaluate_policy(sent, policy).found
        assert isinstance(found, Estimate), found
        assert found.says == "same"
        assert found.low < found.value < found.high
    with writing(sent.engine) as db:
        names = sent.library().library.names
        save_beliefs(db, {"scorer": {"modules": {name: 3.0 * (n % 3) for n, name in enumerate(names)}}}, NOW + timedelta(days=1))
    assert isinstance(evaluate_policy(sent, "current").found, Refusal)  # so few letters cannot tell of so much
    again = evaluate_policy(sent, f"beliefs:{version}").found
    assert isinstance(again, Estimate)
    assert again.says == "same"


def test_every_policy_answers_and_writes_nothing(sent: App) -> None:
    before = dump(sent)
    for policy in ("current", "prior", "popular", "logged"):
        judged = evaluate_policy(sent, policy, "week-3", NOW - timedelta(days=1))
        assert judged.as_json()["says"] in ("same", "better", "worse", "cannot tell", "refused")
        assert judged.letters > 0
    assert dump(sent) == before


def test_who_withdrew_is_not_looked_at_and_scanners_are_told_apart(sent: App) -> None:
    judged = evaluate_policy(sent, "logged")
    with writing(sent.engine) as db:
        who = db.execute(text("SELECT recipient FROM outbox WHERE state = 'accepted' AND level = 'premium' LIMIT 1")).scalar_one()
        append(db, [(who, ConsentRow(CLICKS, State.withdrawn, "page", NOW + timedelta(days=1)))], NOW + timedelta(days=1))
        other = db.execute(text("SELECT number FROM outbox WHERE state = 'accepted' AND level = 'premium' ORDER BY number DESC LIMIT 1"))
        db.execute(text("UPDATE impressions SET clicked_at = shown_at WHERE outbox = :letter"), {"letter": other.scalar_one()})
    after = evaluate_policy(sent, "logged")
    assert after.recipients == judged.recipients - 1
    assert after.left_out[UNREADABLE] > judged.left_out[UNREADABLE]
    assert after.left_out[SCANNED] == 1


def test_only_the_newest_letters_are_read(sent: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.store.logged.MOST_LETTERS", 40)
    monkeypatch.setattr("composer.store.logged.PAGE", 7)
    with reading(sent.engine) as db:
        logged = load_logged(db)
    assert len(logged.letters) == 40
    assert logged.left_out[OLDER] > 50


def test_letters_of_an_older_composer_are_left_out(sent: App) -> None:
    with sent.engine.begin() as db:
        for number, _, _, decision in accepted(sent):
            fields = json.loads(decision)
            del fields["log"]["steps"], fields["log"]["signals"]
            db.execute(text("UPDATE outbox SET decision = :decision WHERE number = :n"), {"decision": json.dumps(fields), "n": number})
            assert load_newsletter(json.dumps(fields)).log.steps == ()  # type: ignore[union-attr]
    judged = evaluate_policy(sent, "current")
    assert judged.letters == 0
    assert isinstance(judged.found, Refusal)


@pytest.mark.parametrize("policy", ["best", "beliefs:", "beliefs:gone"])
def test_an_unknown_policy_is_refused_with_the_known_ones(town: App, policy: str) -> None:
    with pytest.raises((UsageError, ComposerError), match="there is no"):
        evaluate_policy(town, policy)


def test_the_command_prints_the_finding_or_why_there_is_none(
    sent: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sent.settings.folder)
    monkeypatch.setenv("COMPOSER_DATABASE__URL", "sqlite:///composer.db")
    for name in ("modules", "templates"):
        monkeypatch.setenv(f"COMPOSER_LIBRARY__{name.upper()}", str(getattr(sent.settings.library, name)))

    def told(*arguments: str) -> str:
        result = CliRunner().invoke(build(), ["evaluate", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    printed = told("--policy", "logged")
    assert "Finding: the same" in printed
    assert "left out: " in printed
    refused = told("week-0", "--policy", "popular")
    assert "Finding: refused: letters with exploration went to fewer than 30 recipients." in refused
    found = json.loads(told("--policy", "logged", "--since", "2026-03-01", "--json"))
    assert (found["says"], found["difference"]) == ("same", 0)
    assert found["letters"] > np.count_nonzero(found["effective"])
    assert json.loads(told("week-0", "--json"))["says"] == "refused"
