"""Beliefs as they are kept: every version once, and nothing that is not a finite number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text

from composer.app import App
from composer.domain.belief import PRIOR, Beliefs
from composer.errors import ComposerError
from composer.store.beliefs import known_versions, load_beliefs, save_beliefs
from composer.store.engine import reading, writing
from composer.store.tables import BeliefRow, BeliefVersionRow

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def count(engine: Engine) -> int:
    with reading(engine) as db:
        return db.execute(select(func.count()).select_from(BeliefVersionRow)).scalar_one()


def put(engine: Engine, name: str, value: str) -> None:
    """What only a broken tool or a hand could have written."""
    with writing(engine) as db:
        db.execute(BeliefRow.__table__.insert().values(name=name, value=value, learnt_at=NOW))  # type: ignore[attr-defined]


def test_every_version_can_be_loaded_again_and_is_kept_once(engine: Engine) -> None:
    values = [{"season": {"june": [step / 3, 1e-9]}} for step in range(3)]
    with writing(engine) as db:
        versions = [save_beliefs(db, value, NOW + step * DAY) for step, value in enumerate(values)]
        assert save_beliefs(db, values[0], NOW + 9 * DAY) == versions[0]
    assert count(engine) == len(set(versions)) == 3
    with reading(engine) as db:
        for value, version in zip(values, versions, strict=True):
            assert load_beliefs(db, version) == Beliefs(value, version)
        assert load_beliefs(db) == load_beliefs(db, versions[0])
        assert load_beliefs(db, PRIOR) == Beliefs()
        assert known_versions(db, 2) == [(versions[2], NOW + 2 * DAY), (versions[1], NOW + DAY)]


def test_beliefs_of_an_older_composer_are_kept_before_they_change(engine: Engine) -> None:
    put(engine, "season", '{"june":1.0}')
    with reading(engine) as db:
        old = load_beliefs(db)
    with writing(engine) as db:
        save_beliefs(db, {"season": {"june": 2.0}}, NOW + DAY)
    with reading(engine) as db:
        assert load_beliefs(db, old.version) == old


def test_an_unknown_version_is_an_error_that_names_the_known_ones(engine: Engine) -> None:
    with writing(engine) as db:
        version = save_beliefs(db, {"season": {}}, NOW)
    with reading(engine) as db, pytest.raises(ComposerError, match=version):
        load_beliefs(db, "gone")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_not_stored(engine: Engine, bad: float) -> None:
    with writing(engine) as db:
        before = save_beliefs(db, {"scorer": {"base": 1.0}}, NOW)
        with pytest.raises(ComposerError, match="belief scorer"):
            save_beliefs(db, {"affinity": {}, "scorer": {"weights": {"topics": [bad]}}}, NOW)
        assert load_beliefs(db) == Beliefs({"scorer": {"base": 1.0}}, before)


@pytest.mark.parametrize(
    "text_", ['{"base":NaN}', '{"base":-Infinity}', '{"base":1e999}', '{"weights":{"topics":[null]}}', '{"base":', "[1]", ""]
)
def test_a_stored_belief_that_cannot_be_used_is_refused_by_name_and_deciding_does_without(
    app: App, text_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(app.engine, "scorer", text_)
    put(app.engine, "season", '{"june":1.0}')
    with reading(app.engine) as db:
        with pytest.raises(ComposerError, match="belief scorer"):
            load_beliefs(db)
        assert app.beliefs(db).values == {"season": {"june": 1.0}}
        assert app.beliefs(db).of("scorer") == {}
    events = [line for line in capsys.readouterr().err.splitlines() if "belief_unusable" in line]
    assert len(events) == 1
    assert '"belief": "scorer"' in events[0]


def test_a_word_null_in_a_name_is_a_word(app: App) -> None:
    put(app.engine, "season", '{"null":{"null":1.0}}')
    with reading(app.engine) as db:
        assert load_beliefs(db).of("season") == {"null": {"null": 1.0}}


def test_the_next_retrain_mends_it(app: App) -> None:
    from composer.pipeline.retrain import retrain

    put(app.engine, "scorer", '{"base":NaN}')
    retrain(app, NOW)
    with reading(app.engine) as db:
        assert load_beliefs(db).of("scorer")["weights"]
        assert db.execute(text("SELECT count(*) FROM belief_versions")).scalar() == 2
