"""Segment effects and the trust in the prior, against planted clicks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from composer.domain.audience import Codes
from composer.domain.belief import Beliefs
from composer.domain.history import History
from composer.learn.logistic import Design, fit
from composer.learn.segments import learn_segments
from composer.learn.weights import learn_weights
from tests.decide._worlds import SIGNALS, blank, shop, weekly, world
from tests.learn._histories import PRIORS, draw, shown

LIBRARY = shop(12)
TRUSTED = tuple(name for name, signal in SIGNALS.items() if hasattr(signal, "FITTED"))


def with_roles(history: History, loves: str = "") -> History:
    """Half of the readers are owners; where a module is named, they click it twice as often as the score says, and more."""
    owner = draw(len(history.draw_key), "owner") < 0.5
    role = Codes.of(["owner" if own else "buyer" for own in owner])
    clicked = history.clicked
    if loves:
        more = owner[history.viewer] & (history.module == LIBRARY.index[loves]) & (draw(len(clicked), "more") < 0.4)
        clicked = clicked | more
    return replace(history, role=role, clicked=clicked)


def scorer_of(history: History) -> dict:
    return learn_weights(history, LIBRARY, PRIORS, TRUSTED)


def test_what_a_role_clicks_more_is_learnt_and_only_that() -> None:
    star = LIBRARY.names[3]
    history = with_roles(shown(LIBRARY, 20_000), star)
    effects = learn_segments(history, LIBRARY, scorer_of(history))["role"]
    assert max(effects["owner"], key=lambda name: effects["owner"][name]) == star
    assert effects["owner"][star] > 0.2
    assert effects["buyer"].get(star, 0.0) < 0


def test_a_segment_like_everybody_gets_almost_nothing() -> None:
    history = with_roles(shown(LIBRARY, 20_000))
    effects = learn_segments(history, LIBRARY, scorer_of(history))["role"]
    assert all(abs(effect) < 0.15 for of_word in effects.values() for effect in of_word.values())


def test_a_prior_that_holds_is_trusted_and_one_that_misleads_is_not() -> None:
    holds = shown(LIBRARY, 12_000)
    learnt = scorer_of(holds)
    assert learnt["trust"]["stands"] > 0.9
    assert learnt["curiosity"] == {}
    meaningless = dict.fromkeys(TRUSTED, 0.0)
    effects = {name: 1.5 * (m % 2) for m, name in enumerate(LIBRARY.names)}
    misled = scorer_of(shown(LIBRARY, 12_000, effects, weights=meaningless))
    assert misled["trust"]["stands"] < 0.1
    assert misled["trust"]["scale"] < 0.3
    assert set(misled["curiosity"]) == set(LIBRARY.names)


def test_curiosity_and_worth_rank_and_are_no_part_of_the_chance() -> None:
    library = replace(LIBRARY, modules=tuple(replace(m, worth=float(i == 5), owned_for=None) for i, m in enumerate(LIBRARY.modules)))
    case = world(blank(library, 40), library, campaign=weekly(holdout=0.0))
    curious = case.decide(beliefs=Beliefs({"scorer": {"curiosity": dict.fromkeys(library.names, 0.4)}}))
    plain = case.decide(beliefs=Beliefs())
    everything = np.tile(np.arange(12), (40, 1))
    assert np.array_equal(curious.scores.plain_keys(slice(None), everything), plain.scores.plain_keys(slice(None), everything))
    assert len({tuple(row) for row in curious.slate.chosen.tolist()}) > 30, "each reader is drawn for alone"
    assert set(curious.scores.bonus) == {"curiosity", "worth"}
    assert (plain.exploration.base == 5).any(axis=1).all(), "of twelve that nothing tells apart, what is worth most comes first"


def test_one_hot_effects_are_those_of_the_columns_written_out() -> None:
    rows = 400
    group, hit = (draw(rows, "group") * 4).astype(np.int64) - 1, draw(rows, "hit") < 0.4
    dense = np.stack([np.ones(rows), draw(rows, "x")], axis=1)
    written = np.column_stack([dense, *(group == one for one in range(3))]).astype(np.float64)
    means, precision = np.array([0.0, 0.5, 0, 0, 0]), np.array([0.1, 1, 4, 4, 4])
    short = fit(Design(dense, (group,), (3,), hit), means, precision, means)
    long = fit(Design(written, (), (), hit), means, precision, means)
    assert np.allclose(short.values, long.values, atol=1e-8)
    assert np.allclose(short.curvature, long.curvature)
    gradient = written.T @ (hit - 1 / (1 + np.exp(-(written @ short.values)))) - precision * (short.values - means)
    assert np.abs(gradient).max() < 1e-5
