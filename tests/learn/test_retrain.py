"""`composer retrain`, from the database to the beliefs and back into a decision."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from composer.app import App
from composer.cli import build
from composer.domain.audience import Codes
from composer.pipeline.retrain import MARK, fingerprint, retrain
from composer.store.beliefs import known_versions
from composer.store.engine import reading, writing
from composer.store.marks import set_mark
from tests.decide._worlds import NOW, SIGNALS
from tests.learn._histories import shown
from tests.path.rows import people


def test_an_installation_without_data_learns_the_priors(app: App) -> None:
    summary = retrain(app, NOW)
    assert (summary["purchases"], summary["impressions"]) == (0, 0)
    with reading(app.engine) as db:
        beliefs = app.beliefs(db)
    assert beliefs.version == summary["version"]
    assert beliefs.of("scorer")["weights"] == {name: signal.WEIGHT for name, signal in SIGNALS.items() if not hasattr(signal, "OURS")}


def test_retraining_twice_does_nothing_the_second_time(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    first = retrain(app, NOW)
    monkeypatch.setattr("composer.pipeline.retrain.learn", None)
    assert retrain(app, NOW + timedelta(hours=2)) == {**first, "nothing_new": True}


def test_the_same_data_learnt_again_from_the_last_solution_are_the_same_version(app: App) -> None:
    first = retrain(app, NOW)["version"]
    with writing(app.engine) as db:
        set_mark(db, MARK, "{}")
    again = retrain(app, NOW)
    assert (again["nothing_new"], again["version"]) == (False, first)
    with reading(app.engine) as db:
        assert [version for version, _ in known_versions(db)] == [first]


def test_a_new_person_and_another_day_are_something_new(app: App) -> None:
    retrain(app, NOW)
    people(app.engine, 1)
    assert not retrain(app, NOW)["nothing_new"]
    assert retrain(app, NOW)["nothing_new"]
    assert not retrain(app, NOW + timedelta(days=1))["nothing_new"]


def test_every_part_of_what_is_learnt_from_is_in_the_fingerprint(app: App) -> None:
    library = app.library().library
    history = shown(library, 10)
    seen = fingerprint(history, library, SIGNALS, NOW)
    for field in fields(history):
        value = getattr(history, field.name)
        if field.name == "impression_age":
            continue
        other: object = (*value, "new") if isinstance(value, tuple) else value
        if isinstance(value, Codes):
            other = Codes.of(["somebody"] * len(value.codes))
        elif isinstance(value, np.ndarray):
            other = np.concatenate([value, np.ones((1, *value.shape[1:]), value.dtype)])
        assert fingerprint(replace(history, **{field.name: other}), library, SIGNALS, NOW) != seen, field.name
    assert fingerprint(history, replace(library, version="other"), SIGNALS, NOW) != seen


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
    assert CliRunner().invoke(build(), arguments).stdout.startswith("Nothing is new")
    assert Path("composer.db").exists()
