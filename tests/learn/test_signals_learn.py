"""What the signals themselves learn, against planted purchases."""

from __future__ import annotations

import json

import numpy as np
import pytest

from composer.domain.audience import Codes
from composer.domain.belief import Beliefs
from composer.domain.moment import Moment
from composer.learn import retrain
from tests.decide._worlds import NOW, SIGNALS, blank, shop
from tests.learn._histories import bought, draw, nothing, shown

LIBRARY = shop(8)
MOMENT = Moment(NOW, NOW, "retrain")


def learn(history, name: str):
    return retrain(history, LIBRARY, MOMENT, SIGNALS)[name]


def busy(people: int = 300):
    """People who buy interest 0 often, 1 rarely; who buys 2 also buys 3; owners love 4; all over two years."""
    lines = []
    chance = draw(people * 24 * 8, "busy").reshape(people, 24, 8)
    pair = draw(people, "pair") < 0.3
    owner = draw(people, "owner") < 0.5
    for person in range(people):
        for visit in range(24):
            for interest, rate in enumerate((0.5, 0.02, 0.3 * pair[person], 0.3 * pair[person], 0.3 * owner[person], 0.05, 0.05, 0.05)):
                if chance[person, visit, interest] < rate:
                    lines.append((person, interest, float(visit * 30 + person % 30)))
    return bought(people, lines, role=Codes.of(["owner" if own else "buyer" for own in owner]))


BUSY = busy()


def test_the_usual_rates_and_how_far_to_trust_a_person_are_learnt() -> None:
    belief = learn(BUSY, "affinity")
    assert belief["rates"]["category:C00"] > 5 * belief["rates"]["category:C05"] > belief["rates"]["category:C01"]
    assert all(1 <= strength <= 200 for strength in belief["strength"].values())


def test_people_who_are_all_alike_are_judged_by_the_crowd() -> None:
    chance = draw(200 * 20, "alike").reshape(200, 20)
    alike = bought(200, [(person, int(chance[person, day] < 0.3), float(day)) for person in range(200) for day in range(20)])
    assert learn(alike, "affinity")["strength"]["category:C00"] > 50


def test_what_is_bought_together_is_learnt() -> None:
    pairs = learn(BUSY, "companions")["pairs"]
    assert max(pairs["category:C02"], key=pairs["category:C02"].get) == "category:C03"
    assert "category:C02" not in pairs["category:C02"]


def test_a_segments_taste_is_learnt() -> None:
    roles = learn(BUSY, "segment")["role"]
    assert roles["owner"]["category:C04"] > 1.3 > 0.7 > roles["buyer"]["category:C04"]
    assert roles["owner"]["category:C00"] == pytest.approx(1, abs=0.1)


def test_what_was_bought_in_the_last_two_weeks_is_popular() -> None:
    shares = learn(BUSY, "popularity")["modules"]
    assert max(shares, key=shares.get) == "category/c00"
    assert all(0 < share < 1 for share in shares.values())


def test_a_season_is_learnt_from_a_year_and_from_no_less() -> None:
    november = [(person, 1, float(age)) for person in range(60) for age in (5, 370)]
    all_year = [(person, 0, float(age)) for person in range(60) for age in range(0, 720, 30)]
    months = learn(bought(60, november + all_year), "season")["months"]
    assert months["category:C01"][10] > 2 * months["category:C01"][4]
    assert learn(bought(60, [(0, 1, 3.0), (1, 0, 200.0)]), "season") == {}


def test_the_usual_click_rate_is_learnt() -> None:
    history = shown(LIBRARY, 4000)
    assert learn(history, "own_clicks")["rate"] == pytest.approx(history.clicked.mean(), abs=0.01)


@pytest.mark.parametrize("history", [nothing(), nothing(3), bought(1, [(0, 0, 0.0)]), BUSY], ids=["nobody", "idle", "one line", "busy"])
def test_beliefs_are_json_and_every_signal_can_read_its_own(history) -> None:
    values = retrain(history, LIBRARY, MOMENT, SIGNALS)
    beliefs = Beliefs(json.loads(json.dumps(values, allow_nan=False)))
    people = blank(LIBRARY, 3)
    for name, signal in SIGNALS.items():
        value = signal.value(people, LIBRARY, MOMENT, beliefs)
        assert np.isfinite(value).all(), name
        assert 0 <= value.min() <= value.max() <= 1, name


def test_learning_twice_gives_the_same() -> None:
    assert retrain(BUSY, LIBRARY, MOMENT, SIGNALS) == retrain(BUSY, LIBRARY, MOMENT, SIGNALS)


def test_a_pair_that_few_people_bought_is_chance_and_no_company() -> None:
    few = bought(60, [(person, 0 if person > 3 else 6, 5.0) for person in range(60)] + [(person, 7, 9.0) for person in range(4)])
    assert learn(few, "companions")["pairs"] == {}


def test_a_taste_for_one_thing_foretells_another_and_not_the_rest() -> None:
    likings = learn(BUSY, "affinity")["likings"]
    assert likings["category:C02"]["category:C03"] > 0.1
    assert likings["category:C02"]["category:C03"] > 3 * abs(likings["category:C02"].get("category:C05", 0.0))
