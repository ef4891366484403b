"""The score's weights against a planted truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.belief import BASE
from composer.domain.moment import Moment
from composer.learn import retrain
from composer.learn.organic import only_organic
from composer.learn.weights import learn_weights
from tests.decide._worlds import NOW, SIGNALS, shop
from tests.learn._histories import NAMES, PRIORS, nothing, shown

LIBRARY = shop(12)
TRUSTED = tuple(name for name, signal in SIGNALS.items() if hasattr(signal, "FITTED"))
MOMENT = Moment(NOW, NOW, "retrain")


def test_with_nothing_shown_the_beliefs_are_the_priors() -> None:
    learnt = retrain(nothing(), LIBRARY, MOMENT, SIGNALS)["scorer"]
    nothing_learnt = {"trust": {"stands": 1.0, "scale": 1.0}, "curiosity": {}, "segments": {}}
    prior = {"base": BASE, "weights": PRIORS, "positions": [0.0], "modules": dict.fromkeys(LIBRARY.names, 0.0)}
    assert learnt == prior | nothing_learnt


def test_a_module_clicked_twice_as_often_gets_the_highest_effect() -> None:
    star = LIBRARY.names[4]
    effects = learn_weights(shown(LIBRARY, 24_000, {star: 0.9}), LIBRARY, PRIORS, TRUSTED)["modules"]
    assert max(effects, key=effects.get) == star
    assert effects[star] > 0.4
    assert all(abs(effect) < 0.3 for name, effect in effects.items() if name != star)


def test_the_weight_of_a_predictive_signal_grows_and_of_a_useless_one_shrinks() -> None:
    truth = {"topics": PRIORS["topics"] + 1.5, "popularity": 0.0}
    weights = learn_weights(shown(LIBRARY, 20_000, weights=truth), LIBRARY, PRIORS)["weights"]
    assert weights["topics"] > PRIORS["topics"] + 0.7
    assert weights["popularity"] < PRIORS["popularity"] - 0.6
    assert weights["season"] == pytest.approx(PRIORS["season"], abs=0.6)


def test_lower_positions_are_learnt_to_be_read_less() -> None:
    positions = learn_weights(shown(LIBRARY, 20_000, positions=(0.0, -0.3, -0.6, -0.9, -1.2)), LIBRARY, PRIORS)["positions"]
    assert positions[0] == 0.0
    assert positions[4] < positions[2] < 0.0


def test_a_few_clicks_hardly_move_anything() -> None:
    learnt = learn_weights(shown(LIBRARY, 40), LIBRARY, PRIORS, TRUSTED)
    assert all(abs(learnt["weights"][name] - PRIORS[name]) < 0.15 + 0.06 * PRIORS[name] for name in PRIORS)
    assert all(abs(effect) < 0.1 for effect in learnt["modules"].values())


@given(st.integers(1, 60), st.sampled_from(["all", "none", "some"]), st.sampled_from([0.0, 1.0]))
def test_whatever_was_clicked_everything_stays_finite(n: int, clicks: str, value: float) -> None:
    history = shown(LIBRARY, n)
    clicked = {"all": np.ones(n, dtype=bool), "none": np.zeros(n, dtype=bool), "some": history.clicked}[clicks]
    history = replace(history, clicked=clicked, signals=np.full_like(history.signals, value))
    learnt = learn_weights(history, LIBRARY, PRIORS, {"base": 40.0, "weights": dict.fromkeys(NAMES, -30.0)})
    numbers = [learnt["base"], *learnt["weights"].values(), *learnt["modules"].values(), *learnt["positions"]]
    assert np.isfinite(numbers).all()
    assert np.abs(numbers).max() < 30


def test_where_the_search_starts_does_not_matter() -> None:
    history = shown(LIBRARY, 3000)
    first = learn_weights(history, LIBRARY, PRIORS)
    again = learn_weights(history, LIBRARY, PRIORS, first)
    assert again["weights"] == pytest.approx(first["weights"], abs=1e-3)


def test_a_signal_that_is_new_keeps_its_own_weight() -> None:
    weights = learn_weights(shown(LIBRARY, 500), LIBRARY, {**PRIORS, "brand_new": 1.25}, {})["weights"]
    assert weights["brand_new"] == 1.25


def test_letters_read_by_a_scanner_teach_nothing() -> None:
    history = replace(shown(LIBRARY, 50), clicked=np.arange(50) < 5)  # the first letter: all five blocks
    assert len(only_organic(history).clicked) == 45
    assert not only_organic(history).clicked.any()
    assert len(only_organic(replace(history, clicked=np.arange(50) < 4)).clicked) == 50
