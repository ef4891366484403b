"""Tones and openings: planted tastes are found, noise and luck are not, and one click moves little."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from composer.domain.audience import Array, Codes
from composer.domain.belief import STATED_LIFT, Beliefs
from composer.domain.campaign import Policy
from composer.domain.content import Library
from composer.domain.history import History
from composer.learn.voice import learn_words
from tests.decide._worlds import LETTER, TONES, VOICES, blank, module, weekly, worded, world
from tests.learn._histories import draw, nothing

MODULES = tuple(module(f"story/m{i}", **worded(f"m{i}")) for i in range(6))
SILENT = Library(MODULES, {"newsletter": LETTER}, "words")
STATED = Library(MODULES, {"newsletter": LETTER}, "words", VOICES)
PLAIN, BUSINESS, TECHNICAL = range(3)
QUESTION = SILENT.openings.index("question")
BLOCKS, SCORE = 4, 0.06


def sent(
    letters: int,
    gain: Callable[[Array, Array, Array], Array],
    seed: str = "",
    greedy: Callable[[Array], Array] = lambda keen: np.zeros(len(keen), dtype=np.int64),
    epsilon: float = 0.3,
    rate: Callable[[Array], Array] = lambda keen: np.full(len(keen), SCORE),
) -> History:
    """`letters` to ten times fewer people: `gain(role, tone, opening)` times the clicks, in float64[L].

    `greedy(keen)` is the tone a person of keenness 0..1 gets without a try-out, `rate(keen)` the clicks per block; the score
    foresees SCORE whatever they are.
    """
    people = letters // 10
    reader = np.arange(letters) % people
    keen, role = draw(people, seed + "keen"), (draw(people, seed + "role") * 2).astype(np.int64)

    def chosen(axis: str, best: Array, arms: int) -> tuple[Array, Array]:
        tried = draw(letters, seed + axis) < epsilon
        arm = np.where(tried, (draw(letters, seed + axis + "which") * arms).astype(np.int64), best)
        return arm, np.where(arm == best, 1 - epsilon + epsilon / arms, epsilon / arms)

    tone, tone_probability = chosen("tone", greedy(keen)[reader], len(SILENT.tones))
    opening, opening_probability = chosen("opening", np.zeros(letters, dtype=np.int64), len(SILENT.openings))
    each = np.repeat(np.arange(letters), BLOCKS)
    chance = (rate(keen)[reader] * gain(role[reader], tone, opening))[each]
    return replace(
        nothing(people),
        role=Codes(role.astype(np.int32), ("buyer", "owner")),
        module=(each * 7 % len(MODULES)).astype(np.int32),
        position=np.tile(np.arange(1, BLOCKS + 1), letters).astype(np.int8),
        clicked=draw(letters * BLOCKS, seed + "click") < chance,
        probability=np.ones(len(each), dtype=np.float32),
        viewer=reader[each],
        impression_age=np.zeros(len(each), dtype=np.float32),
        explored=np.zeros(len(each), dtype=bool),
        score=np.full(len(each), SCORE, dtype=np.float32),
        letter=each.astype(np.int64),
        tone=tone[each].astype(np.int16),
        tone_probability=tone_probability[each].astype(np.float32),
        opening=opening[each].astype(np.int16),
        opening_probability=opening_probability[each].astype(np.float32),
        signals=np.zeros((len(each), 0), dtype=np.float32),
        signal_names=(),
    )


def same(role: Array, tone: Array, opening: Array) -> Array:
    return np.ones(len(role))


def owners_like_technical(role: Array, tone: Array, opening: Array) -> Array:
    """The brand says that owners like business words; they like technical ones."""
    return np.where((role == 1) & (tone == TECHNICAL), 1.7, 1.0)


def effect(belief: dict, role: str, name: str, than: str = "plain") -> float:
    """How much more often this role answers the arm, in log-ratio."""

    def of(name: str) -> float:
        return belief["everybody"][name][0] + belief["role"][role][name][0]

    return of(name) - of(than)


def given(belief: dict[str, dict], library: Library, role: str, n: int = 200) -> list[str]:
    """The tones that people in a role are given without try-outs."""
    people = replace(blank(library, n), role=Codes.of([role] * n))
    campaign = weekly(holdout=0.0, policy=Policy(explore=0.0, explore_words=0.0))
    decided = world(people, library, campaign=campaign, beliefs=Beliefs(belief)).decide()
    return [decided.outcome(r).tone.chosen for r in range(n)]


def test_a_planted_taste_is_found_against_what_was_stated() -> None:
    belief = learn_words(sent(20_000, owners_like_technical), STATED)
    tone = belief["tone"]
    assert effect(tone, "owner", "technical") == pytest.approx(np.log(1.7), abs=0.25)
    assert abs(effect(tone, "buyer", "business")) < 0.25
    assert set(given({}, STATED, "owner")) == {"business"}
    assert set(given(belief, STATED, "owner")) == {"technical"}


def test_what_was_stated_and_is_not_true_is_unlearnt() -> None:
    belief = learn_words(sent(40_000, same), STATED)
    assert abs(effect(belief["tone"], "owner", "business")) < 0.6 * STATED_LIFT


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_noise_is_not_a_taste(seed: str) -> None:
    belief = learn_words(sent(6_000, same, seed), SILENT)
    for axis in ("tone", "opening"):
        for role in ("buyer", "owner"):
            assert all(abs(effect(belief[axis], role, name)) < 0.2 for name in belief[axis]["everybody"])


def test_noise_makes_few_leave_the_plain_words() -> None:
    """Of eight worlds without any taste, each with two roles: at most a quarter are led away."""
    left = [
        given(learn_words(sent(3_000, same, f"noise {i}"), SILENT), SILENT, role, 1) != ["plain"]
        for i in range(8)
        for role in ("buyer", "owner")
    ]
    assert sum(left) <= 4


def test_an_arm_given_to_those_who_click_most_earns_nothing_by_it() -> None:
    """Keen people click four times as often and get the technical tone, others the plain one; the tone itself does nothing."""
    confounded = sent(
        40_000, same, greedy=lambda keen: np.where(keen > 0.5, TECHNICAL, PLAIN), rate=lambda keen: np.where(keen > 0.5, 0.1, 0.025)
    )
    clicked = [confounded.clicked[confounded.tone == tone].mean() for tone in (TECHNICAL, PLAIN)]
    assert clicked[0] > 2 * clicked[1], "the luck that must not be learnt from"
    belief = learn_words(confounded, SILENT)["tone"]
    assert abs(effect(belief, "owner", "technical")) < 0.2


def test_without_a_choice_nothing_is_learnt() -> None:
    history = sent(2_000, owners_like_technical)
    certain = np.ones_like(history.tone_probability)
    assert learn_words(replace(history, tone_probability=certain, opening_probability=certain), STATED) == {"tone": {}, "opening": {}}
    assert learn_words(nothing(), STATED) == learn_words(nothing(5), Library((), {})) == {"tone": {}, "opening": {}}


def test_one_click_moves_little() -> None:
    history = sent(60, same, rate=lambda keen: np.zeros(len(keen)))
    assert not history.clicked.any()
    clicked = history.clicked.copy()
    clicked[np.flatnonzero(history.tone == TECHNICAL)[0]] = True
    for axis in ("tone", "opening"):
        belief = learn_words(replace(history, clicked=clicked), SILENT)[axis]
        moved = [abs(effect(belief, role, name)) for role in ("buyer", "owner") for name in belief["everybody"]]
        assert 0 < max(moved) < 0.05, axis


def test_an_opening_that_is_answered_is_found_and_one_that_echoes_the_tone_has_to_prove_itself() -> None:
    def gain(role: Array, tone: Array, opening: Array) -> Array:
        named = np.array([SILENT.openings.index(name) for name in SILENT.tones])
        return np.where(opening == QUESTION, 1.5, 1.0) * np.where((tone > 0) & (opening == named[tone]), 0.6, 1.0)

    belief = learn_words(sent(40_000, gain, epsilon=0.6), SILENT)["opening"]
    assert belief["everybody"]["question"][0] - belief["everybody"]["plain"][0] > 0.2
    assert belief["match"][0] < 0
    few = learn_words(sent(30, same), SILENT)["opening"]
    assert few["match"][0] == pytest.approx(STATED_LIFT, abs=0.1)


def test_blocks_that_have_one_tone_only_say_nothing_of_tones() -> None:
    mute = Library(tuple(module(f"story/m{i}") for i in range(5)) + MODULES[5:], {"newsletter": LETTER}, "mute", VOICES)
    history = sent(4_000, same)
    deaf = replace(history, clicked=history.clicked & (history.module == 5))
    whole = learn_words(replace(history, clicked=deaf.clicked), mute)["tone"]
    assert whole["letters"] == len(np.unique(history.letter[history.module == 5]))


def test_beliefs_are_json_and_the_same_each_time() -> None:
    history = sent(1_000, same)
    first, second = learn_words(history, STATED), learn_words(history, STATED)
    assert json.loads(json.dumps(first, allow_nan=False)) == first == second
    assert len(TONES[-1]) + 1 == len(STATED.tones)
