"""Arms of any experiment: the group that answers another arm gets it, the others keep the best single one, and small cells say little."""

from __future__ import annotations

import numpy as np
import pytest

from composer.decide.arms import by_word, learnt, pick
from composer.domain.audience import Array
from composer.learn.arms import HEAVIEST, Axis, Trials, heaviness, learn_arms
from tests.learn._histories import draw

NAMES, WORDS = ("red", "blue", "none"), ("new", "known")


def experiment(letters: int, rate: Array, seed: str = "") -> tuple[Trials, Axis]:
    """A randomised test: `rate` float64[words, arms] is how often each group answers each arm."""
    arm = (draw(letters, seed + "arm") * len(NAMES)).astype(np.int64)
    group = (draw(letters, seed + "group") * len(WORDS)).astype(np.int64)
    answered = (draw(letters, seed + "answer") < rate[group, arm]).astype(np.float64)
    trials = Trials(arm, heaviness(np.full(letters, 1 / len(NAMES))), answered, np.full(letters, answered.mean()))
    return trials, Axis(group, WORDS, np.zeros((len(WORDS), len(NAMES))))


def picked(belief: dict, chosen: int) -> str:
    """What somebody of the group `chosen` is given."""
    stated = np.zeros((len(WORDS), len(NAMES)))
    personal = by_word(np.array([chosen]), WORDS, belief["age"], NAMES, stated)
    quiet = np.zeros(1)
    found = pick(NAMES, np.ones((1, len(NAMES)), dtype=bool), learnt(belief["everybody"], NAMES, stated[0]), [personal], quiet, quiet)
    return NAMES[found.chosen[0]]


def test_the_group_that_answers_another_arm_gets_it() -> None:
    trials, axis = experiment(20_000, np.array([[0.10, 0.20, 0.05], [0.20, 0.10, 0.05]]))
    belief = learn_arms(trials, NAMES, {"age": axis})
    assert picked(belief, 0) == "blue"
    assert picked(belief, 1) == "red"


def test_who_answers_more_to_everything_shows_no_taste() -> None:
    trials, axis = experiment(20_000, np.array([[0.20, 0.14, 0.10], [0.10, 0.07, 0.05]]))
    belief = learn_arms(trials, NAMES, {"age": axis})
    assert picked(belief, 0) == picked(belief, 1) == "red"
    for word in WORDS:
        for name in NAMES:
            assert abs(belief["age"][word][name][0]) < 0.1
    everybody = [belief["everybody"][name][0] for name in NAMES]
    assert 0.4 < everybody[0] - everybody[2] < np.log(2) + 0.1  # a little shrunk


@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_a_few_letters_do_not_lead_away_from_the_best_single_arm(seed: str) -> None:
    trials, axis = experiment(300, np.array([[0.2, 0.2, 0.2], [0.2, 0.2, 0.2]]), seed)
    belief = learn_arms(trials, NAMES, {"age": axis})
    for word in WORDS:
        for name in NAMES:
            mean, variance = belief["age"][word][name]
            assert abs(mean) < 0.25
            assert variance > 1 / 500


def test_weights_undo_the_chance_an_arm_had() -> None:
    """Keen people get blue nine times of ten; once weighted, blue is no better than red."""
    letters = 40_000
    keen = draw(letters, "keen") < 0.5
    chance = np.where(keen, 0.9, 0.1)
    arm = (draw(letters, "which") < chance).astype(np.int64)
    answered = (draw(letters, "answer") < np.where(keen, 0.3, 0.1)).astype(np.float64)
    weight = heaviness(np.where(arm == 1, chance, 1 - chance))
    names, expected = NAMES[:2], np.full(letters, answered.mean())
    fair = learn_arms(Trials(arm, weight, answered, expected), names, {})["everybody"]
    naive = learn_arms(Trials(arm, np.ones(letters), answered, expected), names, {})["everybody"]
    assert abs(fair["blue"][0] - fair["red"][0]) < 0.1
    assert naive["blue"][0] - naive["red"][0] > 0.4


def test_no_letter_counts_for_a_crowd() -> None:
    assert heaviness(np.array([1.0, 0.5, 1e-6])).tolist() == [1.0, 2.0, HEAVIEST]


def test_nothing_is_learnt_without_letters_or_without_a_choice() -> None:
    nothing = np.zeros(0)
    assert learn_arms(Trials(nothing.astype(np.int64), nothing, nothing, nothing), NAMES, {}) == {}
    one = np.ones(3)
    assert learn_arms(Trials(np.zeros(3, dtype=np.int64), one, one, one), ("only",), {}) == {}


def test_a_group_nobody_is_in_is_not_believed_anything_of() -> None:
    trials, axis = experiment(2_000, np.full((2, 3), 0.1))
    lonely = Axis(np.where(axis.group == 0, 0, -1), WORDS, axis.prior)
    belief = learn_arms(trials, NAMES, {"age": lonely})
    assert set(belief["age"]) == {"new"}
    assert belief["letters"] == 2_000
