"""What people asked for on their why pages is done: at every level, in the general letter too, whatever was learnt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.domain.asked import LESS, MORE, NOT_AGAIN, NOTHING
from composer.domain.belief import Beliefs
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Arm
from composer.domain.sentence import say
from tests.decide._worlds import blank, in_name_order, learnt, people, shop, weekly, world

SHOP = shop()
SCHEDULED = weekly(holdout=0.0)


def letter(asked: dict[str, int], level: Level = Level.premium, holdout: float = 0.0, beliefs: Beliefs | None = None) -> Newsletter:
    """The letter of somebody of whom nothing else is known. Modules stand in name order where nothing else was learnt."""
    column = np.zeros((1, len(SHOP.modules)), dtype=np.int8)
    for name, word in asked.items():
        column[0, SHOP.index[name]] = word
    person = replace(blank(SHOP), asked=column, level=np.array([level], dtype=np.int8))
    campaign = weekly(holdout=holdout, policy=replace(weekly().policy, explore=0.0))
    outcome = world(person, SHOP, campaign=campaign, beliefs=beliefs or in_name_order(SHOP)).decide().outcome(0)
    assert isinstance(outcome, Newsletter)
    return outcome


def names(newsletter: Newsletter) -> list[str]:
    return [block.module for block in newsletter.blocks]


def test_what_is_asked_not_to_come_again_never_does() -> None:
    """Neither pinned, nor tried out, nor to fill a short letter."""
    crowd = people(SHOP, 300)
    decided = world(crowd, SHOP, campaign=weekly(pinned=("category/c0*",)), beliefs=learnt(SHOP, "never")).decide()
    r, p = np.nonzero((decided.slate.chosen >= 0) & (decided.skip < 0)[:, None])
    assert len(r) > 300
    assert not (crowd.asked[r, decided.slate.chosen[r, p]] == NOT_AGAIN).any()


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("holdout", [0.0, 1.0])
def test_less_takes_effect_at_every_level_and_in_the_general_letter(level: Level, holdout: float) -> None:
    first, second = names(letter({}, level, holdout))[:2]
    left = names(letter({first: NOT_AGAIN, second: LESS}, level, holdout))
    assert first not in left
    assert second not in left


@pytest.mark.parametrize("level", Level)
def test_more_takes_effect_at_every_level(level: Level) -> None:
    last = SHOP.names[-1]
    assert last not in names(letter({}, level))
    assert names(letter({last: MORE}, level))[0] == last


def test_the_general_letter_prefers_nothing() -> None:
    last = SHOP.names[-1]
    general = letter({last: MORE}, holdout=1.0)
    assert general.arm is Arm.holdout
    assert names(general) == names(letter({}, holdout=1.0))
    assert all(say("You asked for more like this.") not in block.reasons for block in general.blocks)


def test_a_wish_moves_the_place_and_not_the_chance_of_a_click() -> None:
    """So no click can learn it or unlearn it."""
    plain, wished = letter({}), letter(dict.fromkeys(SHOP.names, MORE))
    assert names(plain) == names(wished)
    assert [block.score for block in plain.blocks] == [block.score for block in wished.blocks]
    assert [block.terms for block in plain.blocks] == [block.terms for block in wished.blocks]
    assert {dict(block.bonus)["asked"] for block in wished.blocks} == {2.5}
    assert not any("asked" in dict(block.bonus) for block in plain.blocks)


def test_the_wish_is_the_first_reason() -> None:
    last = SHOP.names[-1]
    blocks = {block.module: block.reasons for block in letter({last: MORE}).blocks}
    assert blocks[last][0] == say("You asked for more like this.")
    assert all(say("You asked for more like this.") not in said for name, said in blocks.items() if name != last)
    every = letter(dict.fromkeys(SHOP.names, LESS)).blocks
    assert {block.reasons[0] for block in every} == {say("You asked for less like this, so it comes only now and then.")}


def test_whatever_was_learnt_what_is_asked_for_gains_and_what_is_not_loses() -> None:
    crowd = replace(people(SHOP, 200), consented=np.ones(200, dtype=bool))
    beliefs = learnt(SHOP, "asked")
    base = replace(crowd, asked=np.full((200, len(SHOP.modules)), NOTHING, dtype=np.int8))
    for m in (0, 20, 46):
        shown = []
        for word in (LESS, NOTHING, MORE):
            column = base.asked.copy()
            column[:, m] = word
            decided = world(replace(base, asked=column), SHOP, campaign=SCHEDULED, beliefs=beliefs).decide()
            shown.append(int((decided.slate.chosen == m).any(axis=1).sum()))
        assert shown[0] < shown[2], shown
        assert shown[0] <= shown[1] <= shown[2], shown
