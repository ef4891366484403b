"""`composer retrain`, from the database to the beliefs and back into a decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from composer.app import App
from composer.cli import build
from composer.pipeline.retrain import retrain
from composer.store.engine import reading
from tests.decide._worlds import NOW, SIGNALS


def test_an_installation_without_data_learns_the_priors(app: App) -> None:
    summary = retrain(app, NOW)
    assert (summary["purchases"], summary["impressions"]) == (0, 0)
    with reading(app.engine) as db:
        beliefs = app.beliefs(db)
    assert beliefs.version == summary["version"]
    assert beliefs.of("scorer")["weights"] == {name: signal.WEIGHT for name, signal in SIGNALS.items()}


def test_retraining_twice_gives_the_same_beliefs(app: App) -> None:
    assert retrain(app, NOW) == retrain(app, NOW)


def test_the_command_tells_what_it_learnt_from(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(app.settings.folder)
    monkeypatch.setenv("COMPOSER_DATABASE__URL", "sqlite:///composer.db")
    for name in ("modules", "templates"):
        monkeypatch.setenv(f"COMPOSER_LIBRARY__{name.upper()}", str(getattr(app.settings.library, name)))
    arguments = ["retrain", "--now", "2026-11-20T06:00:00Z"]
    told = CliRunner().invoke(build(), arguments)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Learnt from 0 purchases")
    told = CliRunner().invoke(build(), [*arguments, "--json"])
    assert json.loads(told.stdout)["beliefs"] == sorted(json.loads(told.stdout)["beliefs"])
    assert Path("composer.db").exists()
