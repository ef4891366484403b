"""The prior from purchases: what is fitted, on whom, and when the shipped weights stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from composer.domain.belief import BASE
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.moment import Moment
from composer.learn import past as the_past
from composer.learn.past import audience_of, before
from composer.learn.prior import AHEAD, FEWEST_HITS, learn_prior
from composer.learn.retrain import learn_scorer
from composer.store import _conduct
from tests.decide._worlds import NOW, SIGNALS, shop
from tests.learn._histories import bought, draw, nothing

MOMENT = Moment(NOW, NOW, "retrain")
FITTED = {name for name, signal in SIGNALS.items() if hasattr(signal, "FITTED")}


def may_be_bought_again(size: int = 6) -> Library:
    library = shop(size)
    return replace(library, modules=tuple(replace(module, owned_for=timedelta(0)) for module in library.modules))


def loyal(people: int = 150, days: int = 160) -> History:
    """Everybody buys every fourth day: four times out of five the one thing they like, else anything."""
    chance, any_of = draw(people * days, "loyal").reshape(people, days), draw(people * days, "any").reshape(people, days)
    lines = [
        (person, person % 6 if chance[person, day] < 0.8 else int(any_of[person, day] * 6), float(day))
        for person in range(people)
        for day in range(person % 4, days, 4)
    ]
    return bought(people, lines)


LIBRARY = may_be_bought_again()
LOYAL = loyal()


def test_the_weights_of_what_foretells_purchases_grow() -> None:
    prior = learn_prior(LOYAL, LIBRARY, MOMENT, SIGNALS)
    assert set(prior["weights"]) == FITTED
    assert prior["weights"]["affinity"] > SIGNALS["affinity"].WEIGHT / 2
    assert prior["hits"] > FEWEST_HITS
    assert 0 < prior["means"]["affinity"] < 1


def test_with_few_purchases_or_a_short_past_the_shipped_weights_stand() -> None:
    assert learn_prior(nothing(), LIBRARY, MOMENT, SIGNALS) == {}
    assert learn_prior(loyal(3, 60), LIBRARY, MOMENT, SIGNALS) == {}
    assert learn_prior(loyal(200, 30), LIBRARY, MOMENT, SIGNALS) == {}
    assert learn_prior(LOYAL, replace(LIBRARY, modules=()), MOMENT, SIGNALS) == {}


def test_what_may_not_be_offered_is_not_learnt_from() -> None:
    """Who bought within `owned_for` would not be shown it: the rows hold only the others."""
    never_again = replace(LIBRARY, modules=tuple(replace(module, owned_for=None) for module in LIBRARY.modules))
    everything, offered = (learn_prior(LOYAL, library, MOMENT, SIGNALS) for library in (LIBRARY, never_again))
    assert offered.get("rows", 0) < everything["rows"]


def test_the_past_is_seen_as_it_was() -> None:
    past = before(LOYAL, 20.0)
    assert past.age.min() >= 0
    assert len(past.age) == int((LOYAL.age >= 20).sum())
    rows = np.array([3, 7])
    seen = audience_of(past, LIBRARY, rows)
    for r, row in enumerate(rows.tolist()):
        mine = past.buyer == row
        assert seen.bought[r].tolist() == np.bincount(past.interest[mine], minlength=6).tolist()
        assert seen.bought_age[r].min() == past.age[mine].min()
        assert seen.bought_first_age[r][np.isfinite(seen.bought_first_age[r])].max() == past.age[mine].max()
        assert seen.order_days[r] == (past.order_buyer == row).sum()
        ages = past.order_age[past.order_buyer == row]
        assert seen.order_days_decayed[r] == pytest.approx((2.0 ** (-ages / the_past.HALF_LIFE_DAYS)).sum(), rel=1e-5)
        assert seen.bought_decayed[r].sum() == pytest.approx((2.0 ** (-past.age[mine] / the_past.HALF_LIFE_DAYS)).sum(), rel=1e-5)
    assert before(LOYAL, float(AHEAD)).order_age.min() >= 0


def test_the_base_keeps_the_mean_of_the_log_odds() -> None:
    """Fitted weights move what is preferred to what, not how often people are said to click."""
    prior = learn_prior(LOYAL, LIBRARY, MOMENT, SIGNALS)
    scorer = learn_scorer(LOYAL, LIBRARY, SIGNALS, prior)
    shipped = BASE + sum(SIGNALS[name].WEIGHT * mean for name, mean in prior["means"].items())
    fitted = scorer["base"] + sum(scorer["weights"][name] * mean for name, mean in prior["means"].items())
    assert fitted == pytest.approx(shipped, abs=1e-4)


def test_the_past_forgets_as_fast_as_the_present() -> None:
    assert the_past.HALF_LIFE_DAYS == _conduct.HALF_LIFE_DAYS
