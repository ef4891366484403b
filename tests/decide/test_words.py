"""Words: who is given which tone, opening and call, with which chance, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from composer.decide.voice import GENERAL, OF_CAMPAIGN, ONLY, STRANGER, UNCLEAR
from composer.domain.audience import Audience, Codes
from composer.domain.belief import Beliefs
from composer.domain.campaign import Policy
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Arm
from composer.domain.sentence import say
from tests.decide._worlds import LETTER, VOICES, World, blank, module, people, weekly, worded, world, worlds

PLAIN, BUSINESS, TECHNICAL = range(3)
MODULES = tuple(module(f"story/m{i}", **worded(f"m{i}")) for i in range(6))
NOTHING = Beliefs()
LIBRARY = Library(MODULES, {"newsletter": LETTER}, "words", VOICES)


def asked(n: int = 1, library: Library = LIBRARY, beliefs: Beliefs = NOTHING, explore: float = 0.0, **columns: Any) -> list[Newsletter]:
    """The letters of `n` people who differ in their draws only."""
    subject = columns.pop("subject", {})
    audience = replace(blank(library, n), **columns)
    policy = Policy(explore=0.0, explore_hour=0.0, explore_words=explore)
    decided = world(audience, library, campaign=weekly(holdout=0.0, policy=policy, subject=subject), beliefs=beliefs).decide()
    letters = [decided.outcome(r) for r in range(n)]
    assert all(isinstance(letter, Newsletter) for letter in letters)
    return letters  # type: ignore[return-value]


def words(word: str, n: int = 1) -> Codes:
    return Codes.of([word] * n)


def habit(**clicks: tuple[float, float]) -> dict[str, np.ndarray]:
    """Clicks and what was to be expected, by tone."""
    pairs = [clicks.get(tone, (0.0, 0.0)) for tone in LIBRARY.tones]
    return {name: np.array([[pair[i] for pair in pairs]], dtype=np.float32) for i, name in enumerate(("tone_clicked", "tone_expected"))}


def test_the_first_day_a_role_and_a_stage_are_given_the_tone_the_brand_states() -> None:
    for columns, tone in (
        ({"role": words("buyer")}, "technical"),
        ({"role": words("owner")}, "business"),
        ({"stage": words("renew")}, "business"),
        ({"role": words("buyer"), "stage": words("discover")}, "technical"),
        ({"role": words("nobody stated")}, "plain"),
    ):
        (letter,) = asked(**columns)
        assert letter.tone.chosen == tone, columns
        assert {block.variant for block in letter.blocks} == {tone}
        assert letter.opening.chosen == tone  # an opening named like the tone goes with it
        assert letter.subject == f"{tone} {letter.blocks[0].module.removeprefix('story/')}"
        assert letter.preheader == f"{tone} before {letter.blocks[0].module.removeprefix('story/')}"
    assert asked(role=words("buyer"))[0].tone.reason == say("This tone suits people in your role.")
    assert asked(stage=words("renew"))[0].tone.reason == say("This tone suits where you are with us now.")
    assert asked(role=words("buyer"))[0].opening.reason == say("This opening goes with the tone of the letter.")


def test_a_person_about_whom_nothing_is_known_gets_plain_words_whatever_was_learnt() -> None:
    everybody = {"everybody": {"technical": [0.9, 0.0001]}}
    letters = asked(50, beliefs=Beliefs({"tone": everybody, "opening": {"everybody": {"question": [0.9, 0.0001]}}}), explore=1.0)
    assert {(letter.tone.chosen, letter.opening.chosen) for letter in letters} == {("plain", "plain")}
    assert all(letter.tone.options == letter.opening.options == ("plain",) for letter in letters)
    assert {letter.tone.reason for letter in letters} == {STRANGER}


def test_the_holdout_gets_plain_everything() -> None:
    audience = replace(blank(LIBRARY, 20), role=words("buyer", 20), stage=words("discover", 20))
    decided = world(audience, LIBRARY, campaign=weekly(holdout=0.999999)).decide()
    for r in range(20):
        letter = decided.outcome(r)
        assert letter.arm == Arm.holdout
        assert (letter.tone.chosen, letter.opening.chosen, letter.tone.probability) == ("plain", "plain", 1.0)
        assert letter.tone.reason == letter.opening.reason == GENERAL
        assert {(block.variant, block.call) for block in letter.blocks} == {("plain", "")}


def test_a_block_is_plain_where_its_module_is_not_written_in_the_tone_in_the_letters_language() -> None:
    mixed = Library((*MODULES[:2], *(module(f"story/p{i}") for i in range(4))), {"newsletter": LETTER}, "mixed", VOICES)
    (letter,) = asked(library=mixed, role=words("buyer"))
    assert letter.tone.chosen == "technical"
    assert {block.module: block.variant for block in letter.blocks} == {
        block.module: "technical" if block.module in ("story/m0", "story/m1") else "plain" for block in letter.blocks
    }
    (finnish,) = asked(language=words("fi"), role=words("owner"))
    assert finnish.tone.options == ("plain", "technical"), "no module is written in the business tone in Finnish"
    assert {block.variant for block in finnish.blocks} == {"plain"}
    assert finnish.opening.options == ("plain",)
    assert finnish.opening.reason == ONLY


def test_a_call_is_the_readers_stage_where_the_module_has_one_in_that_language() -> None:
    calls = {
        (language, stage): {block.call for block in asked(language=words(language), stage=words(stage))[0].blocks}
        for language in ("en", "fi")
        for stage in ("discover", "renew", "other")
    }
    assert calls == {
        ("en", "discover"): {"discover"},
        ("en", "renew"): {""},
        ("en", "other"): {""},
        ("fi", "discover"): {"discover"},
        ("fi", "renew"): {"renew"},
        ("fi", "other"): {""},
    }
    assert {block.call for block in asked(stage=words("discover"), level=np.zeros(1, dtype=np.int8))[0].blocks} == {""}


def test_where_the_campaign_gives_the_subject_there_is_nothing_to_choose() -> None:
    (letter,) = asked(role=words("buyer"), subject={"en": "The news"}, explore=1.0)
    assert (letter.subject, letter.opening.chosen, letter.opening.options) == ("The news", "plain", ("plain",))
    assert letter.opening.reason == OF_CAMPAIGN
    assert letter.tone.options == ("plain", "business", "technical")
    (finnish,) = asked(role=words("buyer"), subject={"fi": "Uutisia"}, explore=0.0)
    assert finnish.opening.chosen == "technical"


def test_own_clicks_speak_against_what_is_stated_and_for_a_tone_nobody_stated() -> None:
    against = habit(technical=(2.0, 20.0), plain=(30.0, 12.0))
    assert asked(role=words("buyer"), **against)[0].tone.chosen == "plain"
    (letter,) = asked(**habit(business=(30.0, 10.0), plain=(5.0, 25.0)))
    assert letter.tone.chosen == "business"
    assert letter.tone.reason == say("You followed links in this tone more often.")
    (unclear,) = asked(**habit(business=(3.0, 3.0), plain=(3.0, 3.0)))
    assert (unclear.tone.chosen, unclear.tone.reason) == ("plain", UNCLEAR)


def test_one_click_changes_no_tone() -> None:
    for clicked in LIBRARY.tones:
        habits = habit(**{tone: (float(tone == clicked), 0.25) for tone in LIBRARY.tones})
        assert asked(**habits)[0].tone.chosen == "plain"
        assert asked(role=words("buyer"), **habits)[0].tone.chosen == "technical"


def test_who_saw_one_tone_only_shows_no_taste_however_much_they_click() -> None:
    assert asked(role=words("other"), **habit(technical=(200.0, 5.0)))[0].tone.chosen == "plain"


@pytest.mark.parametrize(
    ("mean", "variance", "leaves"), [(0.3, 0.0001, True), (0.3, 0.5, False), (0.01, 0.02, False), (-0.4, 0.0001, False)]
)
def test_the_best_single_tone_is_left_only_where_another_is_better_with_four_chances_in_five(
    mean: float, variance: float, leaves: bool
) -> None:
    sure = {name: [0.0, 0.0001] for name in LIBRARY.tones}
    belief = {"everybody": sure, "role": {"other": {**sure, "technical": [mean, variance]}}, "stage": {}}
    assert (asked(role=words("other"), beliefs=Beliefs({"tone": belief}))[0].tone.chosen == "technical") is leaves


def test_the_tone_that_most_answer_is_given_where_nothing_speaks_for_another() -> None:
    belief = {"everybody": {"business": [0.5, 0.001]}}
    (letter,) = asked(role=words("other"), beliefs=Beliefs({"tone": belief}))
    assert (letter.tone.chosen, letter.tone.reason) == ("business", say("Readers follow links in this tone more often."))


def test_try_outs_are_uniform_among_what_exists_and_their_chance_is_logged() -> None:
    n, epsilon = 6_000, 0.3
    letters = asked(n, explore=epsilon, role=words("buyer", n))
    tones = Counter(letter.tone.chosen for letter in letters)
    chances = {letter.tone.chosen: letter.tone.probability for letter in letters}
    assert chances == pytest.approx({"technical": 1 - epsilon + epsilon / 3, "plain": epsilon / 3, "business": epsilon / 3})
    for tone, chance in chances.items():
        assert tones[tone] / n == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / n))
    tried = next(letter for letter in letters if letter.tone.chosen == "business")
    assert tried.tone.reason == say("A try-out of another tone, to learn what you like.")
    echoed = Counter(letter.opening.chosen for letter in letters if letter.tone.chosen == "business")
    assert echoed.most_common(1)[0][0] == "business", "the opening goes with the tone that was drawn"
    assert {round(letter.opening.probability, 6) for letter in letters} == {round(1 - epsilon + epsilon / 4, 6), round(epsilon / 4, 6)}


def test_tone_and_opening_are_drawn_apart() -> None:
    letters = asked(4_000, explore=0.5, role=words("other", 4_000))
    tried = np.array([[str(choice.reason).startswith("A try-out") for choice in (letter.tone, letter.opening)] for letter in letters])
    one, other = tried.mean(axis=0)
    assert min(one, other) > 0.25
    assert tried.all(axis=1).mean() == pytest.approx(one * other, abs=0.03)


@pytest.mark.parametrize("level", [Level.none, Level.basic, Level.standard])
def test_only_those_whose_clicks_may_be_learnt_from_are_given_try_outs(level: Level) -> None:
    n = 100
    letters = asked(n, explore=1.0, role=words("buyer", n), level=np.full(n, level, dtype=np.int8))
    assert {letter.tone.probability for letter in letters} == {1.0}
    assert {letter.tone.chosen for letter in letters} == {"technical" if level >= Level.basic else "plain"}


def test_a_level_below_premium_hides_the_readers_own_clicks() -> None:
    (letter,) = asked(**habit(business=(30.0, 10.0), plain=(5.0, 25.0)), level=np.full(1, Level.standard, dtype=np.int8))
    assert letter.tone.chosen == "plain"


@given(worlds())
def test_the_words_of_any_letter_exist_and_their_chances_add_up(case: World) -> None:
    decided = case.decide()
    for r in range(len(decided)):
        letter = decided.outcome(r)
        if not isinstance(letter, Newsletter):
            continue
        leading = case.library.modules[case.library.index[letter.blocks[0].module]]
        for choice in (letter.tone, letter.opening):
            assert choice.chosen in choice.options
            assert choice.options[0] == "plain"
            assert str(choice.reason).endswith(".")
            others = len(choice.options) - 1
            epsilon = case.campaign.policy.explore_words if others and letter.level == Level.premium else 0.0
            chances = {1 - epsilon + epsilon / (others + 1), epsilon / (others + 1)} if epsilon else {1.0}
            assert min(abs(choice.probability - chance) for chance in chances) < 1e-12
        assert letter.opening.chosen == "plain" or letter.opening.chosen in leading.openings[letter.language]
        for block in letter.blocks:
            spoken = case.library.modules[case.library.index[block.module]]
            assert spoken.speaks(block.variant, letter.language)
            assert block.variant == (letter.tone.chosen if spoken.speaks(letter.tone.chosen, letter.language) else "plain")
            assert block.call == "" or block.call in spoken.calls[letter.language]


def test_words_never_depend_on_who_else_is_asked_about() -> None:
    crowd = people(LIBRARY, 3_000, "words")
    case = world(crowd, LIBRARY, campaign=weekly(policy=Policy(explore_words=0.5)))
    whole = case.decide()

    def said(audience: Audience) -> list[Any]:
        decided = case.decide(audience)
        return [getattr(decided.outcome(r), "tone", None) for r in range(len(decided))]

    for rows in ([5], [2_999, 5, 17], list(range(0, 3_000, 7))):
        assert said(crowd.take(rows)) == [getattr(whole.outcome(r), "tone", None) for r in rows]
