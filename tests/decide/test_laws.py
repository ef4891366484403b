"""Laws of deciding, over generated people and libraries."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.decide.scoring import MILLION, TURNS
from composer.domain.belief import Beliefs
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.reasons import Arm, Source
from tests.decide._worlds import LETTER, RULES, SIGNALS, World, forbidden_changed, learnt, people, shop, weekly, world, worlds

RELAXED = {Source.segment, Source.popular, Source.seasonal, Source.generic}


def outcomes(decided) -> list[Newsletter | Skipped]:
    return [decided.outcome(r) for r in range(len(decided))]


def test_the_generated_worlds_hold_letters_and_every_kind_of_skip() -> None:
    """What the laws below are worth: they say nothing about people who get no letter."""
    seen: Counter[str] = Counter()

    @settings(max_examples=100, derandomize=True, database=None)
    @given(worlds())
    def look(case: World) -> None:
        seen.update(line.reason.value if isinstance(line, Skipped) else "letter" for line in outcomes(case.decide()))

    look()
    assert seen["letter"] > seen.total() / 6, seen
    assert len(seen) >= 7, seen


@given(worlds())
def test_a_letter_has_four_to_six_distinct_blocks_and_few_of_one_group(case: World) -> None:
    layout = case.library.layouts["newsletter"]
    for letter in outcomes(case.decide()):
        if isinstance(letter, Skipped):
            continue
        names = [block.module for block in letter.blocks]
        assert layout.least_blocks <= len(names) <= layout.most_blocks
        assert len(set(names)) == len(names)
        assert [block.position for block in letter.blocks] == list(range(1, len(names) + 1))
        if not {block.source for block in letter.blocks} & RELAXED:
            groups = Counter(case.library.modules[case.library.index[name]].group for name in names)
            assert max(groups.values()) <= layout.per_group


@given(worlds())
def test_nothing_that_a_rule_forbids_is_ever_shown(case: World) -> None:
    decided = case.decide()
    for r, letter in enumerate(outcomes(decided)):
        verdicts = [
            np.broadcast_to(rule.allows(decided.audience, case.library, decided.moment), decided.candidates.removed_by.shape)[r]
            for rule in RULES.values()
        ]
        if isinstance(letter, Skipped):
            continue
        for block in letter.blocks:
            assert all(verdict[case.library.index[block.module]] for verdict in verdicts)
            assert block.module in letter.log.eligible


@given(worlds())
def test_blocks_stand_only_in_places_that_take_their_kind(case: World) -> None:
    kinds = {slot.name: slot.kinds for slot in case.library.layouts["newsletter"].slots}
    for letter in outcomes(case.decide()):
        for block in getattr(letter, "blocks", ()):
            assert not kinds[block.slot] or block.module.split("/")[0] in kinds[block.slot]


@given(worlds(), st.integers(0, 10_000))
def test_changing_what_a_level_forbids_changes_nothing(case: World, seed: int) -> None:
    other = people(case.library, len(case.audience), f"other {seed}")
    changed = case.decide(forbidden_changed(case.audience, other))
    before = case.decide()
    assert [before.explain(r) for r in range(len(before))] == [changed.explain(r) for r in range(len(changed))]


@given(worlds(), st.randoms(use_true_random=False))
def test_the_batch_does_not_matter(case: World, random) -> None:
    whole = outcomes(case.decide())
    order = list(range(len(case.audience)))
    random.shuffle(order)
    assert outcomes(case.decide(case.audience.take(order))) == [whole[r] for r in order]
    assert outcomes(case.decide(case.audience.take([order[0]]))) == [whole[order[0]]]


@pytest.mark.parametrize("learns", [False, True])
def test_alone_in_ten_and_in_ten_thousand_a_recipient_gets_the_same_newsletter(learns: bool) -> None:
    library = shop()
    many = people(library, 10_000)
    case = world(many, library, **({"beliefs": learnt(library, "x")} if learns else {}))
    decided = case.decide()
    for r in range(0, 10_000, 499):
        alone = case.decide(many.take([r])).outcome(0)
        ten = case.decide(many.take(range(max(0, r - 9), r + 1)))
        assert decided.outcome(r) == alone == ten.outcome(len(ten) - 1)


@given(worlds())
def test_deciding_twice_gives_the_same(case: World) -> None:
    assert outcomes(case.decide()) == outcomes(case.decide())


@given(worlds(least=8))
def test_who_could_be_given_four_blocks_is_given_a_letter(case: World) -> None:
    free = tuple(
        replace(module, excludes=()) for module in case.library.modules
    )  # whether four of them exclude no other is another question
    library = replace(case.library, modules=free, layouts={"newsletter": LETTER})  # its places take any kind
    decided = case.decide(library=library)
    for r, letter in enumerate(outcomes(decided)):
        if decided.candidates.skip[r] < 0 and decided.candidates.allowed[r].sum() >= LETTER.least_blocks:
            assert isinstance(letter, Newsletter)


HUGE = Beliefs({"scorer": {"weights": {"novelty": 40.0, "popularity": 1e-7}, "base": 1 / 3, "positions": [0.0, -1 / 7]}}, "huge")


@given(worlds(), st.booleans())
def test_the_terms_add_up_to_the_score_exactly(case: World, huge: bool) -> None:
    """To the last millionth of log-odds, also where they are beyond the most that counts."""
    decided = case.decide(beliefs=HUGE) if huge else case.decide()
    for r, letter in enumerate(outcomes(decided)):
        for block in getattr(letter, "blocks", ()):
            whole = [round(term * MILLION) for _, term in block.terms]
            assert [term for _, term in block.terms] == [one / MILLION for one in whole]
            key = decided.scores.keys[r, case.library.index[block.module]] // TURNS
            key -= sum(round(more * MILLION) for _, more in block.bonus)
            assert sum(whole) == key + round(dict(block.terms)["position"] * MILLION)
            assert block.score == round(1 / (1 + math.exp(-sum(whole) / MILLION)), 6)
            assert len(block.values) == len(SIGNALS)
            assert ("limit" in dict(block.terms)) <= huge


@given(worlds())
def test_every_block_says_why_and_names_nobody(case: World) -> None:
    for letter in outcomes(case.decide()):
        for block in getattr(letter, "blocks", ()):
            assert 2 <= len(block.reasons) <= 3
            assert len(set(block.reasons)) == len(block.reasons)
            assert all(str(reason)[0].isupper() and str(reason).endswith(".") for reason in block.reasons)


@given(worlds())
def test_the_holdout_is_ranked_by_nothing_personal_and_never_explored(case: World) -> None:
    case = World(**{**vars(case), "campaign": weekly(holdout=1.0)})
    personal = {name for name, signal in SIGNALS.items() if signal.PERSONAL}
    for letter in outcomes(case.decide()):
        assert letter.arm == Arm.holdout
        for block in getattr(letter, "blocks", ()):
            assert block.source != Source.explored
            assert block.probability == 1.0
            assert not personal & {name for name, _ in block.terms}


@settings(max_examples=20)
@given(worlds(), st.sampled_from(["next", "weekly"]))
def test_the_arm_lasts_over_editions(case: World, key: str) -> None:
    from composer.domain.campaign import Edition

    moved = Edition(case.campaign.name, case.edition.scheduled.replace(day=27))
    before, after = case.decide(), case.decide(edition=moved)
    assert before.holdout.tolist() == after.holdout.tolist()


def test_an_empty_batch_and_an_empty_library_are_no_trouble() -> None:
    library = shop()
    assert len(world(people(library, 3).take([]), library).decide()) == 0
    empty = shop(0)
    assert {type(letter) for letter in outcomes(world(people(empty, 50), empty).decide())} == {Skipped}
